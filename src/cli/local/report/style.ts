import { createHash } from 'node:crypto'

/** The one stylesheet: for screens in light and dark, and for paper (A4 and Letter), where it is always light. */
export const style = `
:root{color-scheme:light dark;--ink:#17202a;--soft:#566270;--rule:#d9dfe5;--paper:#fff;--tint:#f5f7f9;--accent:#0b5c6b;
--look:#9a3412;--lookbg:#fff4ec;--ok:#166534;--s1:#0f766e;--s2:#6aa9d8;--s3:#c2410c;--s4:#b4bcc5;--s5:#7c3aed}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9aa7b4;--rule:#33404c;--paper:#12181e;--tint:#1a222a;
--accent:#6cc5d4;--look:#fdba74;--lookbg:#2b1d14;--ok:#86efac;--s1:#2aa79b;--s2:#8cc4ee;--s3:#f0793b;--s4:#65717d;--s5:#a78bfa}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif}
main{max-width:66rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
header{border-bottom:3px solid var(--accent);padding-bottom:1rem;margin-bottom:1.5rem}
header p{margin:.25rem 0 0;color:var(--soft)}
h1{font-size:2rem;line-height:1.15;margin:0;letter-spacing:-.02em}
h2{font-size:1.3rem;margin:2.6rem 0 .8rem;letter-spacing:-.01em;break-after:avoid}
h3{font-size:1rem;margin:1.6rem 0 .3rem;break-after:avoid}
p{margin:.4rem 0}
.brand{color:var(--accent);font-weight:600;letter-spacing:.02em}
.aside,.rule{color:var(--soft);font-size:.86rem;font-weight:400}
code,pre{font:.84em/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--tint);border:1px solid var(--rule);border-radius:6px;padding:.7rem .9rem;margin:.6rem 0;white-space:pre-wrap}
.basis{border:1px solid var(--rule);border-left:5px solid var(--ok);border-radius:6px;padding:.8rem 1.1rem;break-inside:avoid}
.basis.not{border-left-color:var(--look);background:var(--lookbg)}
.basis ul{margin:.3rem 0;padding-left:1.2rem}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:.7rem;margin:1.2rem 0;padding:0;list-style:none}
.tiles li{background:var(--tint);border:1px solid var(--rule);border-radius:8px;padding:.7rem .9rem;break-inside:avoid}
.tiles b{display:block;font-size:1.55rem;line-height:1.2;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.84rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(21rem,1fr));gap:1.2rem}
figure{margin:0;border:1px solid var(--rule);border-radius:8px;padding:.9rem 1rem;break-inside:avoid;min-width:0}
figure svg[role]{display:block;width:100%;height:auto;margin:.5rem 0}
svg text{fill:var(--soft);font:11px system-ui,"Segoe UI",Roboto,Arial,"Noto Sans",sans-serif}
svg .name,svg .value{fill:var(--ink)}svg .value{font-variant-numeric:tabular-nums}
.grid{stroke:var(--rule);stroke-width:1}
.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:.15rem 0 0;font-size:.8rem;color:var(--soft)}
.legend svg{width:.7rem;height:.7rem;margin-right:.35rem}
@media screen and (max-width:44rem){.tiles{grid-template-columns:1fr 1fr}}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.87rem;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.32rem .6rem;border-bottom:1px solid var(--rule);unicode-bidi:isolate;overflow-wrap:anywhere}
th:first-child,td:first-child{padding-left:0}
thead{display:table-header-group}
thead th{color:var(--soft);font-weight:600;font-size:.78rem;border-bottom:1px solid var(--soft);overflow-wrap:normal}
tbody th{font-weight:550}
tr{break-inside:avoid}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.when{white-space:nowrap;font-variant-numeric:tabular-nums}tbody th.when{font-weight:400}
.who{min-width:11rem}.role{min-width:7rem}.id{white-space:nowrap}.id code{overflow-wrap:normal}
.small{font-size:.8rem}.small th,.small td{padding-top:.12rem;padding-bottom:.12rem}
.mark{display:inline-block;min-width:3.4rem;text-align:center;border-radius:4px;padding:.05rem .4rem;font-size:.76rem;font-weight:600;border:1px solid var(--rule);color:var(--soft)}
.mark.look{color:var(--look);background:var(--lookbg);border-color:var(--look)}
.mark.none{color:var(--ok)}
a{color:var(--accent)}
footer{margin-top:3rem;border-top:1px solid var(--rule);padding-top:.8rem;color:var(--soft);font-size:.82rem}
@page{margin:16mm 14mm;@bottom-right{content:counter(page) " / " counter(pages);font:9pt system-ui,sans-serif;color:#566270}}
@media print{html{font-size:12px}body{font-size:9pt}main{max-width:none;padding:0}h2{margin-top:1.8rem}
.figures{grid-template-columns:1fr 1fr;gap:.7rem}.scroll{overflow:visible}a{color:inherit;text-decoration:none}
.s1,.s2,.s3,.s4,.s5,.mark,.tiles li,pre,.basis{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`

/** What a browser may do with the report: show that one stylesheet, and nothing else. */
export const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`
