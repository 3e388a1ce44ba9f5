//! Colours, dashes and markers. Series never differ only in their colour.

/// The number of different looks. A plot draws at most this many series.
pub(super) const LOOKS: usize = 8;
/// The number of shades of a heat map. The first shade is for the best.
pub(super) const SHADES: usize = 9;

/// The style of all plots: light, dark and printed.
///
/// The colours of series come from Okabe and Ito (2008, "Color universal design"). They suit all
/// kinds of colour vision. They are darker on white and lighter on black, so that a thin line is
/// visible (contrast 3 : 1, WCAG 2.2 criterion 1.4.11). The shades of heat maps differ mainly in
/// lightness. The first 6 series have 6 hues, because second colours of a hue come last.
pub const CSS: &str = "\
:root{--ink:#1b1f24;--soft:#57606a;--rule:#d8dee4;--paper:#fff;--band:#0969da1f;--good:#1a7f37;--bad:#b3261e;--hot:#b3261e;\
--c0:#0072b2;--c1:#c14e00;--c2:#00805d;--c3:#a8558a;--c4:#9a6700;--c5:#1b1f24;--c6:#2483b8;--c7:#57606a;\
--h0:#f2f7fc;--h1:#dbe9f6;--h2:#bfd8ec;--h3:#98c3e0;--h4:#6daad2;--h5:#2d74a8;--h6:#235f93;--h7:#1a4f83;--h8:#0f335c}\
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ea7b1;--rule:#30363d;--paper:#0d1117;--band:#58a6ff29;--good:#56d364;\
--bad:#ff8178;--hot:#ff8178;--c0:#56b4e9;--c1:#ff9457;--c2:#2fc99a;--c3:#e79ac4;--c4:#f0b83c;--c5:#e6edf3;--c6:#9ad4f5;--c7:#9ea7b1;\
--h0:#10202f;--h1:#14304a;--h2:#1a4263;--h3:#22567f;--h4:#2d6c9b;--h5:#5a9bc9;--h6:#84bae0;--h7:#b0d4ef;--h8:#dcedfa}}\
@media print{:root{--ink:#000;--soft:#444;--rule:#bbb;--paper:#fff;--band:#0072b21f;--good:#1a7f37;--bad:#a00;--hot:#a00;\
--c0:#0072b2;--c1:#c14e00;--c2:#00805d;--c3:#a8558a;--c4:#9a6700;--c5:#000;--c6:#2483b8;--c7:#555;\
--h0:#f2f7fc;--h1:#dbe9f6;--h2:#bfd8ec;--h3:#98c3e0;--h4:#6daad2;--h5:#2d74a8;--h6:#235f93;--h7:#1a4f83;--h8:#0f335c}}\
svg.plot{display:block;width:100%;height:auto;color:var(--ink);font:12px system-ui,sans-serif}\
.plot text{fill:currentColor;font-size:12px;font-variant-numeric:tabular-nums}.plot .s{fill:var(--soft)}.plot .m{font-size:11px}\
.plot .b{font-weight:600}.plot .z{text-anchor:middle}.plot .e{text-anchor:end}.plot .hov{fill:transparent}.plot .alarm{fill:var(--bad)}\
.plot .rule{stroke:var(--rule);stroke-width:1}.plot .axis{stroke:var(--soft);stroke-width:1}\
.plot .lead{stroke:var(--soft);stroke-width:.8;stroke-dasharray:1 2;fill:none}\
.plot .l{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.plot .i{stroke:none;opacity:.16}\
.plot .k{stroke:var(--paper);stroke-width:1}.plot .o{fill:var(--paper);stroke-width:1.6}\
.plot .x{stroke:var(--bad);stroke-width:1.8;fill:none}.plot .mark{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:3 3}\
.plot .flat{stroke:none}.plot .whisker{stroke-width:1.4;fill:none}\
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}\
.c7{--c:var(--c7)}\
.plot .l,.plot .o,.plot .whisker{stroke:var(--c)}.plot .i,.plot .k,.plot .flat{fill:var(--c)}\
.plot .flat{opacity:.45}\
.plot .d1{stroke-dasharray:7 4}.plot .d2{stroke-dasharray:2 4}.plot .d3{stroke-dasharray:9 3 2 3}\
.plot .d4{stroke-dasharray:14 4}.plot .d5{stroke-dasharray:4 3}.plot .d6{stroke-dasharray:10 3 2 3 2 3}.plot .d7{stroke-dasharray:1 5}\
.h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}.h4{fill:var(--h4)}.h5{fill:var(--h5)}\
.h6{fill:var(--h6)}.h7{fill:var(--h7)}.h8{fill:var(--h8)}.hx{fill:none;stroke:var(--bad);stroke-dasharray:3 2}\
.plot .hn{fill:none;stroke:var(--rule)}.plot .best{fill:none;stroke:var(--ink);stroke-width:2}.plot text.over{fill:var(--paper)}\
.plot .down{fill:var(--hot);opacity:.85}.plot .up{fill:var(--h1)}.plot .arrow{stroke:var(--soft);stroke-width:1.3;fill:none}\
.plot .head{fill:var(--soft)}.plot .lane{stroke:var(--rule);stroke-width:2}.plot .dot{fill:var(--c0)}.plot .end{fill:var(--bad)}";

pub(super) fn marker(series: usize) -> &'static str {
    match series % LOOKS {
        0 => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
        1 => "M-3.6-3.6h7.2v7.2h-7.2Z",
        2 => "M0-4.8L4.5 3.2h-9Z",
        3 => "M0-5L5 0L0 5L-5 0Z",
        4 => "M0 4.8L4.5-3.2h-9Z",
        5 => "M-1.6-4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3Z",
        6 => "M-4.6-2.8h9.2v5.6h-9.2Z",
        _ => "M-2.8-4.6h5.6v9.2h-5.6Z",
    }
}

pub(super) const CROSS: &str = "M-4-4L4 4M-4 4L4-4";

/// The classes of a series: one for its colour and one for the dashes of its line.
pub(super) fn look(series: usize) -> String {
    format!("c{0} d{0}", series % LOOKS)
}
