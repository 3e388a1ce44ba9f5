//! The style of the page. Colours and plots have their own style, [`super::super::svg::CSS`].

pub(super) const CSS: &str = "\
:root{color-scheme:light dark}*{box-sizing:border-box}\
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;\
-webkit-text-size-adjust:100%}\
main,header,footer{max-width:1360px;margin:0 auto;padding:0 clamp(14px,3vw,36px)}\
header{padding-top:30px;padding-bottom:4px}h1{font-size:clamp(22px,3vw,32px);line-height:1.2;margin:4px 0 6px;overflow-wrap:anywhere;\
letter-spacing:-.01em}\
h2{font-size:20px;margin:36px 0 10px;letter-spacing:-.005em;overflow-wrap:anywhere}h3{font-size:16px;margin:0 0 8px;overflow-wrap:anywhere}\
h4{font-size:14px;margin:16px 0 4px;overflow-wrap:anywhere}\
p{margin:6px 0;max-width:76ch}.words{max-width:100ch;margin-bottom:2px;overflow-wrap:anywhere}ul.words{margin:2px 0 10px;padding-left:22px;\
color:var(--soft);font-size:15px}details>.plots{margin-top:8px}h2+h3,.plots+h3{margin-top:20px}a{color:var(--c0)}\
.note,figcaption,footer,.sub{color:var(--soft);font-size:14px}\
.badge{display:inline-block;padding:3px 14px;border-radius:999px;font-weight:650;font-size:15px;color:var(--paper)}\
.badge.pass{background:var(--good)}.badge.fail,.badge.incomplete{background:var(--bad)}\
td.pass,td.FAIL,td.incomplete{font-weight:600;color:var(--bad)}td.pass{color:var(--good)}\
code,pre,.k td:last-child{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\
pre{background:var(--h0);border:1px solid var(--rule);border-radius:6px;padding:8px 12px;margin:6px 0;overflow-x:auto;max-width:100%}\
pre.cmd{white-space:pre-wrap;overflow-wrap:anywhere}\
p code,li code,.w2 td:last-child{overflow-wrap:anywhere}\
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:12px;margin:12px 0}\
.card{border:1px solid var(--rule);border-radius:10px;padding:12px 16px}\
.card span{display:block;font-size:14px}.card small{display:block;color:var(--soft);font-size:12px;overflow-wrap:anywhere}\
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,165px),1fr));gap:10px;margin:12px 0}\
.tile{border:1px solid var(--rule);border-left-width:4px;border-radius:8px;padding:8px 12px}\
.tile small{display:block;color:var(--soft);font-size:12px}.tile b{display:block;font-size:19px;line-height:1.35}\
.tile.good{border-left-color:var(--good)}.tile.good b{color:var(--good)}\
.tile.bad{border-left-color:var(--bad)}.tile.bad b{color:var(--bad)}\
.card.bad{border-color:var(--bad)}.card.bad small{color:var(--bad)}\
.failure{border:1px solid var(--rule);border-left:4px solid var(--bad);border-radius:8px;padding:12px 16px;margin:12px 0}\
.failure ul{margin:4px 0 8px;padding-left:20px}.failure li{overflow-wrap:anywhere}\
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));gap:20px;align-items:start}\
figure{margin:0;border:1px solid var(--rule);border-radius:10px;padding:16px;min-width:0}\
svg.plot{max-width:720px}\
@media (min-width:1100px){.plots>figure:only-child{display:grid;grid-template-columns:minmax(0,720px) minmax(0,1fr);\
grid-template-rows:auto auto 1fr;column-gap:32px}.plots>figure:only-child>h3{grid-column:1/-1}\
.plots>figure:only-child>.wide{grid-row:2/span 2}.plots>figure:only-child>figcaption{grid-column:2;grid-row:2}\
.plots>figure:only-child>details{grid-column:2;grid-row:3;min-width:0}}\
.narrow{display:none}figcaption{margin-top:8px}\
@media (max-width:660px){.wide{display:none}.narrow{display:block}figure{padding:12px 10px}.failure{padding:10px 12px}\
.cards{grid-template-columns:1fr 1fr;gap:8px}.card{padding:10px 12px}}\
details{margin-top:8px}summary{cursor:pointer;font-size:14px;padding:2px 0;overflow-wrap:anywhere}summary:hover{text-decoration:underline}\
.scroll{overflow-x:auto;max-width:100%;margin:8px 0;\
background:linear-gradient(90deg,var(--paper) 50%,transparent) 0 0/40px 100% no-repeat local,\
linear-gradient(270deg,var(--paper) 50%,transparent) 100% 0/40px 100% no-repeat local,\
linear-gradient(90deg,var(--rule),transparent) 0 0/14px 100% no-repeat scroll,\
linear-gradient(270deg,var(--rule),transparent) 100% 0/14px 100% no-repeat scroll}\
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}\
th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}\
th{font-weight:600;color:var(--soft)}td{white-space:nowrap}.w2 td+td,.w4 td+td+td+td{white-space:normal;min-width:22ch}.t0 td,.t0 th,.t1 td+td,.t1 th+th,.t2 td+td+td,.t2 th+th+th,.t3 td+td+td+td,.t3 th+th+th+th{text-align:right}\
@media (max-width:660px){.beside th,.beside td{padding-right:8px;font-size:13px;white-space:normal}.beside td:first-child{white-space:nowrap}}\
footer{margin-top:40px;padding-top:14px;padding-bottom:40px;border-top:1px solid var(--rule)}\
@media print{body{font-size:11pt}main,header,footer{max-width:none;padding-left:0;padding-right:0}.wide{display:block}\
.narrow{display:none}.wide,.card,tr{break-inside:avoid}h2,h3,h4,summary,thead{break-after:avoid}figcaption{break-before:avoid}\
.plots{display:block}figure{margin-bottom:14px}.plots>figure:only-child{display:block}.wide svg.plot{max-width:600px}\
.scroll{overflow:visible}td{white-space:normal}.t1 td+td,.t2 td+td+td{white-space:nowrap}th,td{padding-right:8px}table{font-size:9pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";
