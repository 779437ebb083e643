/** Changes of what is in force: each is asked about first, and needs a reason. */
import { post } from "./api.js";
import { confirmed, pick, tick } from "./dialog.js";
import { moment, t, word } from "./words.js";

export const promote = (ruleset, label) =>
  confirmed(
    {
      title: label,
      text: t("ask.promote"),
      label: t("ask.promote_do"),
      extra: [tick("force", t("ask.force"), t("ask.force_about"))],
    },
    ({ reason, force }) => post("promote", { ruleset }, { reason, force: force === "on" }),
  );

export const abort = (ruleset) =>
  confirmed(
    { title: t("release.abort"), text: t("ask.abort"), label: t("release.abort"), tone: "danger" },
    ({ reason }) => post("abort", { ruleset }, { reason }),
  );

export function rollBack(change, changes, names) {
  const earlier = new Map();
  for (const past of changes) {
    if (past.ruleset !== change.ruleset && !earlier.has(past.ruleset)) earlier.set(past.ruleset, past.changed_at);
  }
  const told = ([id, at]) => [id, `${names.get(id) ?? id.slice(0, 10)} · ${id.slice(0, 10)} · ${moment(at)}`];
  const options = [["", t("ask.before")], ...Array.from(earlier, told)];
  return confirmed(
    {
      title: t("release.roll_back"),
      text: t("ask.roll_back"),
      label: t("release.roll_back"),
      tone: "danger",
      extra: [pick("to", t("ask.to"), options)],
    },
    ({ reason, to }) => post("rollback", {}, to ? { reason, to } : { reason }),
  );
}

/** Nobody has to say why they measure: it changes nothing. */
export const measure = (ruleset) => post("measure", { ruleset });

export const force = (check, state) =>
  confirmed(
    {
      title: t(`ask.force_${state}`, { check }),
      text: t(`ask.force_${state}_about`),
      label: word("force", state),
      tone: state === "open" ? "danger" : "",
    },
    ({ reason }) => post("force", { check }, { state, reason }),
  );
