/** docs/BENCHMARKS.md, written by the benches alone. */

/** What one bench leaves in the page. */
export interface Section {
  readonly name: string;
  readonly about: string;
  /** When and where. */
  readonly measured: string;
  /** As it was printed. */
  readonly tables: string;
}

const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\` (after \`npm run build\`), never by hand; \`npm run bench -- --write ratchet\` renews one section.
What each bench does, and beside what, is in \`bench/README.md\`; which engine runs, and why, in
\`docs/decisions/0003-crypto-engines.md\`. Each section tells its own date and machine. Compare within a table: times move from
machine to machine, and on a shared one from hour to hour, while ratios of one run stay. A section is of the code of its date: it is
not measured again for each change.
`;

/** The page with these sections new and the others as they were, in the order of their names. */
export function mergeReport(page: string, sections: readonly Section[]): string {
  const texts = new Map<string, string>();
  for (const part of page.split(/^(?=## )/m).slice(1)) {
    const name = /^## (\S+)/.exec(part)?.[1];
    if (name !== undefined) texts.set(name, part.trim());
  }
  for (const { name, about, measured, tables } of sections)
    texts.set(name, `## ${name}\n\n${about}\n\nMeasured ${measured}.\n\n\`\`\`\n${tables}\n\`\`\``);
  const sorted = [...texts].sort(([a], [b]) => a.localeCompare(b)).map(([, text]) => text);
  return `${[HEAD.trim(), ...sorted].join("\n\n")}\n`;
}
