"""What campaigns achieved and why customers left, as the win-back page shows it.

Where a unit lacks the source, the section says in a line how to add it.
"""

import pandas as pd

from retention import campaign_narrative, campaign_plots
from retention.contacts import CONTROL
from retention.headings import OF_SPEND, OF_UPLIFT, with_interval
from retention.optional_sources import CONTACTS, FEEDBACK
from retention.reasons import GIVEN
from retention.reporting.display import Report
from retention.suppression import hidden
from retention.words import RESPONSES, within_a_line

_ARM = ["campaign", "arm", "verdict"]
_RESPONSE = ("responders", "response", "low", "high")
_UPLIFTS = (
    ("uplift", "joint_low", "joint_high"),
    ("extra", "extra_low", "extra_high"),
    ("response", "response_low", "response_high"),
    ("control_response", "control_response_low", "control_response_high"),
)
_SPEND = (
    ("spend_uplift", "spend_low", "spend_high"),
    ("extra_money", "extra_money_low", "extra_money_high"),
    ("spend_per_head", "spend_per_head_low", "spend_per_head_high"),
    ("control_spend_per_head", "control_spend_per_head_low", "control_spend_per_head_high"),
)
_REASONS = (
    ("lapsed_share", "lapsed_low", "lapsed_high"),
    ("return_share", "low", "high"),
    ("second_life_per_customer", "second_life_low", "second_life_high"),
)
"""Figures, and the bounds of their intervals, that stand in one cell."""


class CampaignReport(Report):
    """The parts of a page that speak of campaigns and of reasons."""

    def campaigns(self, responses: pd.DataFrame, spend: pd.DataFrame) -> None:
        """Uplifts of the arms (effects.RESPONSE_EFFECTS), and the money (effects.SPEND_EFFECTS)."""
        language, settings = self.language, self.unit.settings
        if self._has_contacts():
            self.note(campaign_narrative.method(language, response_days=settings.response_days))
            shown = self._compared(responses)
            charts = campaign_plots.uplifts(shown, language)
            told = campaign_narrative.effects(shown, language)
            uplifts = self.with_intervals(shown.rename(columns=OF_UPLIFT), *_UPLIFTS)
            uplifts = uplifts.assign(customers=uplifts["watched"])
            sure = ["customers", "uplift_interval", "extra_interval", "p_holm", "smallest_effect"]
            self.figure(charts, told, data=uplifts[[*_ARM, *sure]])
            counted = ["watched", "responders", "response_interval"]
            counted += [f"control_{name}" for name in counted]
            self.folded(uplifts[[*_ARM[:2], *counted]], language("Responses of the arms"))
            money = self._without_few(self._compared(spend)).rename(columns=OF_SPEND)
            spent = self.with_intervals(money, *_SPEND).assign(customers=money["watched"])
            caption = language("Spend per contacted customer, against the control")
            gained = ["customers", "spend_uplift_interval", "extra_money_interval"]
            self.table(spent[[*_ARM, *gained]], caption)
            each = ["spend_per_head_interval", "control_spend_per_head_interval"]
            title = language("Spend per head of the arms")
            self.folded(spent[[*_ARM[:2], *each, "p_holm", "smallest_spend"]], title)

    def campaign_details(self, states: pd.DataFrame, checks: pd.DataFrame) -> None:
        """Who responded, by state at contact (effects.STATE_RESPONSES), and balance.ARM_CHECKS."""
        if self._has_contacts():
            least = self.unit.settings.minimum_group
            by_arm = states.groupby(["campaign", "arm"])["watched"]
            few = by_arm.transform(hidden, least=least).astype(bool)
            caption = self.language("Responses by the state of the customer at contact")
            shown = states.assign(
                **{name: states[name].mask(few) for name in ("watched", *_RESPONSE)}
            )
            whole = few.groupby([states["campaign"], states["arm"]]).transform("all").astype(bool)
            self.table(self._named(shown[~whole]), caption)
            if few[~whole].any():
                self.note(self.language("A dash stands for too few customers to show."))
            if not checks.empty:
                self.note(campaign_narrative.checks(checks, self.language))
                shown = checks[checks[["contacted", "control_contacted"]].min(axis=1) >= least]
                caption = self.language("Whether the arms can be compared")
                self.table(self._named(shown), caption)

    def reasons(self, reasons: pd.DataFrame) -> None:
        """Why customers left, and what became of them (reasons.BY_REASON)."""
        language = self.language
        if FEEDBACK not in self.unit.others:
            self.absent(
                language(
                    "This unit has no answers: name a file with customer_id, reported_on and "
                    "reason in its settings, as feedback."
                )
            )
            return
        self.note(campaign_narrative.coverage(reasons, language))
        if reasons["answered"].isna().all():
            return
        named = reasons["reason"].where(
            reasons["answer"] == GIVEN, reasons["answer"].map(campaign_narrative.answers(language))
        )
        shown = reasons.assign(reason=named.map(within_a_line, na_action="ignore"))
        charts = campaign_plots.reasons(shown, language)
        told = campaign_narrative.reasons(shown, language)
        self.figure(charts, told, data=self.with_intervals(shown, *_REASONS))

    def _has_contacts(self) -> bool:
        """Whether there are contacts that purchases can answer; else says what is missing."""
        if CONTACTS in self.unit.others:
            return self._counts_days(RESPONSES)
        self.absent(
            self.language(
                "This unit has no contacts: name a file with customer_id, campaign, "
                "contacted_on and arm in its settings, as contacts."
            )
        )
        return False

    def _compared(self, effects: pd.DataFrame) -> pd.DataFrame:
        """The arms of which, and against which, `minimum_group` customers or more were watched."""
        least = self.unit.settings.minimum_group
        sizes = effects[["watched", "control_watched"]]
        few = ((sizes > 0) & (sizes < least)).any(axis=1)
        return self._named(effects[~few])

    def with_intervals(self, frame: pd.DataFrame, *figures: tuple[str, str, str]) -> pd.DataFrame:
        """With a column of texts in place of each figure and its bounds."""
        for name, *bounds in figures:
            texts = with_interval(frame, name, bounds, self.language)
            frame = frame.assign(**{name: texts}).rename(columns={name: f"{name}_interval"})
            frame = frame.drop(columns=bounds)
        return frame

    def _without_few(self, spend: pd.DataFrame) -> pd.DataFrame:
        """Without the money of fewer than `minimum_group` who responded."""
        counts = spend[["responders", "control_responders"]]
        few = counts.gt(0) & counts.lt(self.unit.settings.minimum_group)
        money = [
            name
            for name in spend
            if spend[name].dtype == "float64"
            and name not in ("control_watched", "control_responders", "p_value", "p_holm")
        ]
        hide = few.any(axis=1)
        return spend.assign(**{str(name): spend[name].mask(hide) for name in money})

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """With names of campaigns and arms as they can stand in a line."""
        names = {name: frame[name].map(within_a_line) for name in ("campaign", "arm")}
        control = frame["arm"] == CONTROL
        names["arm"] = names["arm"].mask(control, self.language("control"))
        return frame.assign(**names).reset_index(drop=True)
