"""Addresses of the club's pages."""

from django.urls import URLPattern, URLResolver, include, path

from clubledger.web.chart import job_options, lists, months, retrieval
from clubledger.web.connection import general_ledger as connection
from clubledger.web.connection import organisation
from clubledger.web.journals import actions, cutover, decisions, integration, journal, runs
from clubledger.web.mapping import file, grid
from clubledger.web.people import urls
from clubledger.web.reports import balances, gst_check
from clubledger.web.sign_in import home
from clubledger.web.sign_in import urls as people_urls
from clubledger.web.transactions import imports, sample_data, transactions

general_ledger: list[URLPattern | URLResolver] = [
    path("", connection.general_ledger, name="general-ledger"),
    path("authorize/", connection.authorize, name="authorize"),
    path("revoke/", connection.revoke, name="revoke"),
    path("post-from/", cutover.post_from, name="post-from"),
    path("currency/", connection.set_currency, name="set-currency"),
    path("organisation/", organisation.change_organisation, name="change-organisation"),
    path("confirm/<int:request_id>/", connection.confirm, name="confirm-organisation"),
    path("confirm/<int:request_id>/bind/", connection.bind, name="bind-organisation"),
]

chart_of_accounts: list[URLPattern | URLResolver] = [
    path("", lists.chart_of_accounts, name="chart-of-accounts"),
    path("gl-codes/", lists.gl_codes, name="gl-codes"),
    path("gl-codes/<int:code_id>/", months.gl_code, name="gl-code"),
    path("gl-codes/retrieve/", retrieval.get_gl_codes, name="get-gl-codes"),
    path("job-codes/", lists.job_codes, name="job-codes"),
    path("job-codes/retrieve/", retrieval.get_categories, name="get-categories"),
    path("job-codes/<int:job_id>/link/", job_options.link_job_code, name="link-job-code"),
]

configuration: list[URLPattern | URLResolver] = [
    path("chart-of-accounts/", include(chart_of_accounts)),
    path("charges/", grid.charges, name="charges"),
    path("account-types/", grid.account_types, name="account-types"),
    path("payment-methods/", grid.payment_methods, name="payment-methods"),
    path("mapping/<slug:page>/file/", file.mapping_file, name="mapping-file"),
    path("integration/", connection.integration_settings, name="integration-settings"),
    path("integration/general-ledger/", include(general_ledger)),
]

financials: list[URLPattern | URLResolver] = [
    path("gl/", integration.gl, name="gl"),
    path("gl/validate/", actions.validate, name="validate"),
    path("gl/send/", actions.send, name="send"),
    path("gl/runs/<int:run_id>/", actions.send_progress, name="send-progress"),
    path("gl/runs/", runs.send_runs, name="send-runs"),
    path("gl/nightly/", runs.set_nightly, name="set-nightly"),
    path("gl/restored/", decisions.confirm_restore, name="confirm-restore"),
    path("gl/seen/<int:sighting_id>/", decisions.settle_sighting, name="settle-sighting"),
    path("gl/seen/<int:sighting_id>/void/", decisions.void_sighted, name="void-sighted"),
    path("gl/record/", actions.record, name="record"),
    path("gl/record-up-to/", cutover.record_up_to, name="record-up-to"),
    path("gl/undo-recording/", actions.undo_recording, name="undo-recording"),
    path("gl/withdraw/", actions.withdraw, name="withdraw"),
    path("gl/take-over/", actions.take_over, name="take-over"),
    path("gl/journals/<int:journal_id>/", journal.journal, name="journal"),
    path("gl/journals/<int:journal_id>/void/", decisions.void, name="void"),
    path("gl/journals/<int:journal_id>/accept/", decisions.accept_difference, name="accept-difference"),
    path("gl/journals/<int:journal_id>/difference/", decisions.keep_with_difference, name="keep-with-difference"),
    path("gl/journals/<int:journal_id>/first-open-day/", decisions.first_open_day, name="first-open-day"),
    path("transactions/", transactions.transactions, name="transactions"),
    path("transactions/<int:transaction_id>/", transactions.transaction, name="transaction"),
    path("gst-check/", gst_check.gst_check, name="gst-check"),
    path("balances/", balances.balances, name="balances"),
    path("balances/prove/", balances.prove_balances, name="prove-balances"),
    path("import/", imports.imports, name="imports"),
    path("import/preview/", imports.preview_import, name="preview-import"),
    path("import/start/", imports.start_import, name="start-import"),
    path("sample/try/", sample_data.try_sample, name="try-sample"),
    path("sample/remove/", sample_data.remove_sample, name="remove-sample"),
    path("import/<int:import_id>/", imports.one_import, name="import"),
    path("import/<int:import_id>/progress/", imports.import_progress, name="import-progress"),
    path("import/<int:import_id>/undo/", imports.undo_import, name="undo-import"),
    path("import/<int:import_id>/refused/", imports.refused_rows, name="refused-rows"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("xero/callback", connection.xero_callback, name="xero-callback"),
    path("c/<slug:slug>/", include(financials)),
    path("c/<slug:slug>/configuration/", include(configuration)),
    path("c/<slug:slug>/configuration/", include(urls)),
    path("", include(people_urls)),
]
