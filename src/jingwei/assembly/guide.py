"""Which section of the guide helps on which page: said here once, and read by the help of every page."""

from __future__ import annotations

from pathlib import Path

# The address of a page as a shell writes it → page of the guide and section, by its English words. The first that fits counts.
sections = {
    "/w/*/import/*": "start#lists",
    "/w/frame.customfield/*": "start#fields-of-your-own",
    "/w/frame.webhook/*": "integration#webhooks",
    "/w/frame.project/*": "start#templates",
    "/w/hub.system/*": "integration#join-two-systems",
    "/w/hub.interface/*": "integration#join-two-systems",
    "/w/directory.*": "start#people-by-name-and-by-pinyin",
    "/w/worktime.*": "start#work-calendar",
    "/w/decision.*": "start#working-together",
    "/w/work.*": "start#lists",
    "/w/labour.*": "start#sheets-on-the-phone",
    "/w/cost.*": "numbers#earned-value",
    "/w/risk.*": "numbers#risk-register",
    "/w/change.*": "numbers#change-requests",
    "/w/*": "start#lists",
    "/hub/monitor/*": "integration#monitoring",
    "/hub/conflicts/*": "integration#the-conflict-inbox",
    "/hub/parked/*": "integration#parked-records",
    "/hub/trace/*": "integration#monitoring",
    "/hub/interfaces/*/mapping/*": "integration#mapping",
    "/hub/interfaces/*/versions/*": "integration#versions",
    "/hub/interfaces/*/grant/*": "integration#grants",
    "/hub/interfaces/*/deletes/*": "integration#held-deletes",
    "/hub/interfaces/*/verify/*": "integration#verifying",
    "/hub/systems/*/connection/*": "integration#when-credentials-expire",
    "/hub/*": "integration#join-two-systems",
    "/schedule/network/*": "numbers#network-diagram",
    "/schedule/reasons/*": "numbers#dates-and-reasons",
    "/schedule/quality/*": "numbers#quality-dcma-14-points",
    "/schedule/levelling/*": "numbers#levelling",
    "/schedule/what-if/*": "numbers#what-if",
    "/schedule/files/*": "numbers#schedule-files",
    "/schedule/*": "numbers#gantt",
    "/projects/*/risk/*": "numbers#risk-monte-carlo",
    "/projects/*/what-if/*": "numbers#what-if",
    "/projects/*": "start#home",
    "/portfolio/*": "start#home",
    "/cost/*": "numbers#earned-value",
    "/risks/*": "numbers#risk-register",
    "/changes/*": "numbers#change-requests",
    "/worktime/*": "start#work-calendar",
    "/labour/*": "start#sheets-on-the-phone",
    "/documents/*": "start#working-together",
    "/templates/*": "start#templates",
    "/traces/*": "start#working-together",
    "/waiting/*": "start#working-together",
    "/alarms/*": "start#working-together",
    "/search/*": "start#lists",
    "/notices/*": "start#notices",
    "/home/*": "start#home",
    "/settings/members/*": "start#members-and-roles",
    "/settings/approvals/*": "start#working-together",
    "/settings/passwords/*": "start#first-log-in",
    "/settings/access/*": "start#first-log-in",
    "/settings/notices/*": "start#notices",
    "/settings/tokens/*": "start#api-tokens",
    "/settings/fields/*": "start#fields-of-your-own",
    "/settings/webhooks/*": "integration#webhooks",
    "/settings/growth/*": "start#storage",
    "/accounts/*": "start#first-log-in",
    "/api/*": "start#api-tokens",
    "/": "start#home",
}  # fmt: skip


def folder() -> Path:
    """Where the guide and its pictures lie: inside the package that was installed, else in the sources it runs from."""
    packed = Path(__file__).with_name("docs")
    return packed if packed.is_dir() else Path(__file__).resolve().parents[3] / "docs"
