"""Addresses of the console."""

from django.urls import URLPattern, URLResolver, path

from clubledger.console import api_keys as keys_page
from clubledger.console import changeovers, clubs
from clubledger.console import fleet as fleet_page
from clubledger.console import plan as planning
from clubledger.console import xero_apps as apps_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("", fleet_page.console, name="console"),
    path("changeovers/", changeovers.changeovers, name="console-changeovers"),
    path("changeovers/plan/", planning.plan_wave, name="console-plan"),
    path("changeovers/all/", changeovers.take_step_for_all, name="console-step-for-all"),
    path("changeovers/<int:changeover_id>/", changeovers.changeover, name="console-changeover"),
    path("changeovers/<int:changeover_id>/<slug:step>/", changeovers.take_step, name="console-step"),
    path("clubs/", clubs.clubs, name="console-clubs"),
    path("clubs/<slug:slug>/", clubs.club, name="console-club"),
    path("clubs/<slug:slug>/plan/", clubs.plan_club, name="console-plan-club"),
    path("apps/", apps_page.apps, name="console-apps"),
    path("apps/new/", apps_page.new_app, name="console-new-app"),
    path("apps/<int:app_id>/", apps_page.app, name="console-app"),
    path("apps/<int:app_id>/secret/", apps_page.rotate, name="console-rotate"),
    path("keys/", keys_page.keys, name="console-keys"),
    path("keys/<slug:prefix>/revoke/", keys_page.revoke_key, name="console-revoke-key"),
    path("fleet/", fleet_page.fleet_page, name="console-fleet"),
]
