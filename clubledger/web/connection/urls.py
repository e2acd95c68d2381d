"""Addresses of a club's connection to Xero, its changeover to another app, and support access."""

from django.urls import URLPattern, URLResolver, include, path

from clubledger.web.connection import changeover, general_ledger, organisation

connection: list[URLPattern | URLResolver] = [
    path("", general_ledger.general_ledger, name="general-ledger"),
    path("authorize/", general_ledger.authorize, name="authorize"),
    path("revoke/", general_ledger.revoke, name="revoke"),
    path("currency/", general_ledger.set_currency, name="set-currency"),
    path("organisation/", organisation.change_organisation, name="change-organisation"),
    path("confirm/<int:request_id>/", general_ledger.confirm, name="confirm-organisation"),
    path("confirm/<int:request_id>/bind/", general_ledger.bind, name="bind-organisation"),
]

integration: list[URLPattern | URLResolver] = [
    path("", general_ledger.integration_settings, name="integration-settings"),
    path("general-ledger/", include(connection)),
    path("changeover/", changeover.changeover, name="changeover"),
    path("changeover/look/", changeover.look, name="changeover-look"),
    path("changeover/disconnect/", changeover.disconnect, name="changeover-disconnect"),
    path("changeover/test/", changeover.test_connection, name="changeover-test"),
    path("changeover/empty/", changeover.record_empty, name="changeover-record-empty"),
]

configuration: list[URLPattern | URLResolver] = [
    path("integration/", include(integration)),
    path("support/", changeover.support_access, name="support-access"),
    path("support/grant/", changeover.grant_support, name="grant-support"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("xero/callback", general_ledger.xero_callback, name="xero-callback"),
    path("c/<slug:slug>/configuration/", include(configuration)),
]
