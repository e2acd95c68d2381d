"""Addresses of a club's mapping: charges, account types, payment methods."""

from django.urls import URLPattern, URLResolver, path

from clubledger.web.mapping import file, grid

urlpatterns: list[URLPattern | URLResolver] = [
    path("configuration/charges/", grid.charges, name="charges"),
    path("configuration/account-types/", grid.account_types, name="account-types"),
    path("configuration/payment-methods/", grid.payment_methods, name="payment-methods"),
    path("configuration/mapping/<slug:page>/file/", file.mapping_file, name="mapping-file"),
]
