"""Addresses of a club's reports: the GST check and balances."""

from django.urls import URLPattern, URLResolver, path

from clubledger.web.reports import balances, gst_check

urlpatterns: list[URLPattern | URLResolver] = [
    path("gst-check/", gst_check.gst_check, name="gst-check"),
    path("balances/", balances.balances, name="balances"),
    path("balances/prove/", balances.prove_balances, name="prove-balances"),
]
