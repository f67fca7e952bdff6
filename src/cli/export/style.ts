/** The stylesheet of an exported page: for light and dark screens, and for print. */
export const style = `:root {
  color-scheme: light dark; --line: #8886; --out: #2a7d4f22; --in: #8882;
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
h2 { border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { font-size: .85rem; text-align: center; opacity: .75; }
.id { font-size: .8rem; opacity: .75; overflow-wrap: anywhere; }
article {
  margin: .4rem 0; padding: .3rem .7rem; border-radius: .5rem; background: var(--in);
  width: fit-content; max-width: 85%;
}
article.out { background: var(--out); margin-left: auto; }
article.notice { background: none; margin: .4rem auto; font-size: .85rem; opacity: .75; }
article header { font-size: .8rem; opacity: .75; }
article p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
@media print {
  body { max-width: none; font-size: 11pt; }
  nav { display: none; }
  section { break-before: page; }
  article { break-inside: avoid; border: 1px solid #999; background: none; }
}
`;
