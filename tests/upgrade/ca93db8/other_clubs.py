"""Other clubs: what else keeps a journal back, samples, changeovers, and a club that left."""

from datetime import timedelta

from work import ABROAD, CLUBS, FILES, OLIVE, STAN, TESS, Work, command


def other_clubs(xero) -> None:  # type: ignore[no-untyped-def]
    from clubledger.delivery import restoring
    from clubledger.foundation import clock

    members = {"admin@ledgerpartners.example": "ADVISER"}
    xero.kit("POST", "organisations", {"name": "Coolibah Tennis Club", "seed": "au_club", "members": members})
    made = {slug: Work(xero, slug, organisation) for slug, _name, _zone, _currency, organisation in CLUBS}
    for slug, work in made.items():
        work.command("import", FILES / ("abroad.csv" if slug in ABROAD else "small.csv"))
        work.connect(mapping="mapping_abroad.csv" if slug in ABROAD else "mapping_au.csv")
        work.command("validate", "--unsent", fails=slug == "saltbush")
        if slug != "saltbush":  # Its organisation reports tax on a cash basis, so that nothing can be sent.
            work.queue(16)
    work = made["wattle-creek"]
    xero.kit("POST", f"organisations/{xero.tenant_id(work.organisation)}/lock-dates", {"year_end": "2026-11-16"})
    work.serve()
    xero.kit("POST", f"organisations/{xero.tenant_id(work.organisation)}/lock-dates", {"year_end": "2026-11-17"})
    work.command("validate", str(work.journal(17).pk), fails=True)
    work = made["ironbark"]
    xero.kit("POST", "disconnect", {"organisation": work.organisation})
    work.serve()
    work = made["kauri-point"]
    restoring.begin_hold(club=work.club, backup_taken_at=clock.now() - timedelta(hours=9))
    work.serve()
    command("set-role", TESS, "viewer", "--club", "coolibah", "--as", OLIVE)
    made["coolibah"].serve()
    work = made["saltbush"]
    work.command("post-from", "2026-11-17", "--reason", "The old system had them.", actor=OLIVE)
    work.command("validate", str(work.journal(16).pk), fails=True)
    _changeovers(made)
    for slug in ("sheoak",):
        command("sample-data", "try", "--club", slug, "--as", OLIVE)
    _left(made)


def _changeovers(made: dict[str, Work]) -> None:
    from clubledger.changeover import notices
    from clubledger.foundation import wake

    plan = ("plan-changeovers", "--wave", "First clubs", "--to", "clubledger-v3", "--file", FILES / "wave.csv")
    command(*plan, "--as", STAN, fails=True)
    notices.send_waiting()
    command("changeover", "heatherfield", "switch", "--as", STAN)
    wake.run("changeover.sweep")
    made["heatherfield"].serve()
    command("changeover", "wattle-creek", "pause", "--reason", "Their auditor is in the house.", "--as", STAN)
    command("staff-key", "Support desk", "--as", STAN)
    gone = command("staff-key", "Old desk", "--as", STAN)
    command("staff-key", gone["prefix"], "--revoke", "--as", STAN)


def _left(made: dict[str, Work]) -> None:
    """An import that was taken back, and a club that was closed."""
    for slug in ("old-course",):
        done = command("import", FILES / "small.csv", "--club", slug, "--as", OLIVE)
        command("undo-import", str(done["id"]), "--reason", "Of another club.", "--club", slug, "--as", OLIVE)
        command("close-club", slug, "--reason", "They left.", "--as", STAN)
