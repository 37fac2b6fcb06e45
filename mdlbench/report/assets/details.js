// The dialog that says where a row's figures come from.

function openDetails(row, opener) {
  const dialog = document.getElementById("details"), { groups, archives } = row.details;
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const mono = new Set(["Command", "Digest", "Commit", "Policy hash", "File", "Corpus SHA-256", "Spec"]);
  const sheet = element("div", { class: "sheet" },
    element("header", {}, element("h2", { id: "details-title" }, row.spec), close),
    ...groups.map(([title, pairs]) => element("section", {}, element("h3", {}, title), pairList(pairs, mono))),
    archives ? archiveList(archives) : null);
  dialog.replaceChildren(sheet);
  dialog.onclick = event => { if (event.target === dialog) dialog.close(); };
  dialog.onclose = () => opener && opener.focus();
  dialog.showModal();
  dialog.scrollTop = 0;
  close.focus();
}

const pairList = (pairs, mono) => element("dl", {}, ...pairs.flatMap(([name, text]) =>
  [element("dt", {}, name), element("dd", {}, mono.has(name) ? element("code", {}, text) : text)]));

function archiveList({ rows, total, command, fresh, python }) {
  const heads = ["Archive of", "Original", "Container", "Decoded", "Archive SHA-256"];
  const body = rows.map(([name, original, container, digest, output, exit, seconds]) => [name, whole(original), whole(container),
    exit === null ? "not logged" : `exit code ${exit}${seconds === null ? "" : `, ${digits(seconds, 2)} s`}`, digest || NONE]);
  const notes = [
    fresh ? ["Decoded by", `a fresh process${python ? `, Python ${python}` : ""}; its output's SHA-256 is that of the original`] : null,
    command ? ["Command", command] : null,
    rows[0] && rows[0][4] ? ["Output SHA-256", rows[0][4]] : null,
    total > rows.length ? ["Not listed", `${total - rows.length} more archives; the row's file has them`] : null,
  ].filter(Boolean);
  return element("section", {}, element("h3", {}, "Archives and their decoding"),
    pairList(notes, new Set(["Command", "Output SHA-256"])), plainTable("Each archive, as the fresh process decoded it", heads, body));
}
