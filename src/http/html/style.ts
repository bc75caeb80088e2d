/** The style of every page. Each pair of colours has a contrast of at least 4.5, borders of fields at least 3, in light and in dark mode (WCAG 2.2 AA). */
export const style = `
:root { color-scheme: light dark; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  --paper: #f4f5f7; --card: #fff; --ink: #1b2130; --soft: #566072; --line: #dfe3e9; --edge: #7f8897;
  --act: #2457c5; --act-over: #1b47a6; --on-act: #fff; --quiet-over: #eef1f6;
  --care: #fff4dd; --on-care: #6b3d00; --bad: #fdecee; --on-bad: #98142b; --mark: #eaeef5; --on-mark: #3b475c }
@media (prefers-color-scheme: dark) { :root {
  --paper: #12151b; --card: #1b2029; --ink: #e7eaf0; --soft: #a7b0c0; --line: #313947; --edge: #7d889b;
  --act: #9dbfff; --act-over: #bcd3ff; --on-act: #0d1f42; --quiet-over: #262d39;
  --care: #382a10; --on-care: #ffd894; --bad: #431d24; --on-bad: #ffb9c3; --mark: #2b3342; --on-mark: #c8d1e0 } }
*, ::before, ::after { box-sizing: border-box }
body { margin: 0; padding: clamp(1rem, 9vh, 6rem) 1rem 3rem; background: var(--paper); color: var(--ink) }
main { margin: 0 auto; max-width: 40rem; padding: 2rem 2.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .9rem }
main:has(form) { max-width: 27rem }
h1 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.3; font-weight: 650; overflow-wrap: anywhere }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; line-height: 1.35 }
p { margin: .75rem 0; overflow-wrap: anywhere }
a { color: var(--act); text-underline-offset: .15em }
code { font-size: .9em; overflow-wrap: anywhere }
pre { overflow-x: auto; padding: .75rem 1rem; background: var(--mark); border-radius: .5rem }
blockquote { margin: 1rem 0; padding: .5rem 1rem; border-left: .25rem solid var(--edge) }
details { margin: .75rem 0 }
summary { cursor: pointer }
dl { margin: .75rem 0 }
dt { font-weight: 600 }
dd { margin: 0 0 .6rem }
.soft { color: var(--soft) }
.mark { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; background: var(--mark); color: var(--on-mark); font-size: .85rem; white-space: nowrap }
.mark.care { background: var(--care); color: var(--on-care) }
.note, .care-note, .problem { padding: .65rem .9rem; border-radius: .5rem }
.note { background: var(--mark); color: var(--on-mark) }
.care-note { background: var(--care); color: var(--on-care) }
.problem { background: var(--bad); color: var(--on-bad) }
form { margin: 1.25rem 0 0 }
label { font-weight: 600 }
input[type=text], input[type=password] { display: block; width: 100%; margin: .3rem 0 1rem; padding: .65rem .8rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--edge); border-radius: .5rem }
fieldset { margin: 1.25rem 0; padding: 0; border: 0 }
legend { padding: 0; font-weight: 600 }
ul.plain { margin: .4rem 0 0; padding: 0; list-style: none }
ul.plain > li { border-bottom: 1px solid var(--line) }
ul.plain > li:last-child { border-bottom: 0 }
ul.grants > li { padding: 1.25rem 0 1.5rem }
ul.grants h2 { margin: 0; overflow-wrap: anywhere }
ul.grants li > ul { margin: .75rem 0; padding-left: 1.2rem; overflow-wrap: anywhere }
.choice { display: flex; gap: .7rem; align-items: flex-start; padding: .6rem 0; font-weight: 400; overflow-wrap: anywhere }
.choice > input { flex: none; width: 1.2rem; height: 1.2rem; margin: .15rem 0 0; accent-color: var(--act) }
.choice > .fixed { flex: none; width: 1.2rem; text-align: center; color: var(--soft) }
.choice > span { min-width: 0 }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 0 }
button { flex: 1 1 8rem; min-height: 2.9rem; padding: .6rem 1rem; font: inherit; font-weight: 600; border-radius: .5rem; cursor: pointer;
  color: var(--ink); background: var(--card); border: 1px solid var(--edge) }
button:hover { background: var(--quiet-over) }
button.main { color: var(--on-act); background: var(--act); border-color: var(--act) }
button.main:hover { background: var(--act-over); border-color: var(--act-over) }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
.facts { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .9rem; color: var(--soft) }
.facts p { margin: .3rem 0 }
@media (max-width: 32rem) {
  body { padding: 0; background: var(--card) }
  main { padding: 1.75rem 1.25rem 2.5rem; border: 0; border-radius: 0 } }
`
