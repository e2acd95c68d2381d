"""Addresses of the console."""

from django.urls import URLPattern, URLResolver, path

from clubledger.console import api_keys, changeovers, clubs, fleet, plan, xero_apps

urlpatterns: list[URLPattern | URLResolver] = [
    path("", fleet.console, name="console"),
    path("changeovers/", changeovers.changeovers, name="console-changeovers"),
    path("changeovers/plan/", plan.plan_wave, name="console-plan"),
    path("changeovers/all/", changeovers.take_step_for_all, name="console-step-for-all"),
    path("changeovers/<int:changeover_id>/", changeovers.changeover, name="console-changeover"),
    path("changeovers/<int:changeover_id>/<slug:step>/", changeovers.take_step, name="console-step"),
    path("clubs/", clubs.clubs, name="console-clubs"),
    path("clubs/<slug:slug>/", clubs.club, name="console-club"),
    path("clubs/<slug:slug>/plan/", clubs.plan_club, name="console-plan-club"),
    path("apps/", xero_apps.apps, name="console-apps"),
    path("apps/new/", xero_apps.new_app, name="console-new-app"),
    path("apps/<int:app_id>/", xero_apps.app, name="console-app"),
    path("apps/<int:app_id>/secret/", xero_apps.rotate, name="console-rotate"),
    path("keys/", api_keys.keys, name="console-keys"),
    path("keys/<slug:prefix>/revoke/", api_keys.revoke_key, name="console-revoke-key"),
    path("fleet/", fleet.fleet_page, name="console-fleet"),
]
