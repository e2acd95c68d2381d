"""Addresses of the club's pages: each wing has its own."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("clubledger.web.sign_in.urls")),
    path("", include("clubledger.web.connection.urls")),
    path("c/<slug:slug>/", include("clubledger.web.journals.urls")),
    path("c/<slug:slug>/", include("clubledger.web.transactions.urls")),
    path("c/<slug:slug>/", include("clubledger.web.reports.urls")),
    path("c/<slug:slug>/", include("clubledger.web.chart.urls")),
    path("c/<slug:slug>/", include("clubledger.web.mapping.urls")),
    path("c/<slug:slug>/", include("clubledger.web.people.urls")),
]
