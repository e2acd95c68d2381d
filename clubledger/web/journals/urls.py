"""Addresses of a club's journals: GL Integration, a journal and what is done with it, runs, Post from."""

from django.urls import URLPattern, URLResolver, path

from clubledger.web.journals import actions, cutover, decisions, integration, journal, runs

urlpatterns: list[URLPattern | URLResolver] = [
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
    path("gl/journals/<int:journal_id>/void/", decisions.void_journal, name="void"),
    path("gl/journals/<int:journal_id>/accept/", decisions.accept_difference, name="accept-difference"),
    path("gl/journals/<int:journal_id>/difference/", decisions.keep_with_difference, name="keep-with-difference"),
    path("gl/journals/<int:journal_id>/first-open-day/", decisions.first_open_day, name="first-open-day"),
    path("configuration/integration/general-ledger/post-from/", cutover.post_from, name="post-from"),
]
