"""Addresses of a club's changeover and of support access."""

from django.urls import URLPattern, URLResolver, include, path

from clubledger.web.connection import changeover

club = [
    path("integration/changeover/", changeover.changeover, name="changeover"),
    path("integration/changeover/look/", changeover.look, name="changeover-look"),
    path("integration/changeover/disconnect/", changeover.disconnect, name="changeover-disconnect"),
    path("integration/changeover/test/", changeover.test_connection, name="changeover-test"),
    path("integration/changeover/empty/", changeover.record_empty, name="changeover-record-empty"),
    path("support/", changeover.support_access, name="support-access"),
    path("support/grant/", changeover.grant_support, name="grant-support"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/configuration/", include(club)),
]
