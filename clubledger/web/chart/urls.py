"""Addresses of a club's chart of accounts."""

from django.urls import URLPattern, URLResolver, include, path

from clubledger.web.chart import job_options, lists, months, retrieval

chart_of_accounts: list[URLPattern | URLResolver] = [
    path("", lists.chart_of_accounts, name="chart-of-accounts"),
    path("gl-codes/", lists.gl_codes, name="gl-codes"),
    path("gl-codes/<int:code_id>/", months.gl_code, name="gl-code"),
    path("gl-codes/retrieve/", retrieval.get_gl_codes, name="get-gl-codes"),
    path("job-codes/", lists.job_codes, name="job-codes"),
    path("job-codes/retrieve/", retrieval.get_categories, name="get-categories"),
    path("job-codes/<int:job_id>/link/", job_options.link_job_code, name="link-job-code"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("configuration/chart-of-accounts/", include(chart_of_accounts)),
]
