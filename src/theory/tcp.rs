//! Throughput of a long TCP transfer under random loss, in bytes a second.

/// Mathis, Semke, Mahdavi, Ott 1997: 1.22·MSS ÷ (RTT·√p). `rtt` in seconds, `loss` as a share of
/// packets.
pub fn mathis(mss: f64, rtt: f64, loss: f64) -> f64 {
    libm::sqrt(1.5) * mss / (rtt * libm::sqrt(loss))
}

/// Padhye, Firoiu, Towsley, Kurose 1998 ("PFTK", equation 31 without a receiver's window): MSS ÷
/// (RTT·√(2bp/3) + T₀·min(1, 3√(3bp/8))·p(1 + 32p²)), with `acks` packets an acknowledgement (b)
/// and a first timeout of `timeout` seconds (T₀).
pub fn pftk(mss: f64, rtt: f64, timeout: f64, loss: f64, acks: f64) -> f64 {
    let recovered = rtt * libm::sqrt(2.0 * acks * loss / 3.0);
    let timed_out = (3.0 * libm::sqrt(3.0 * acks * loss / 8.0)).min(1.0);
    mss / (recovered + timeout * timed_out * loss * (1.0 + 32.0 * loss * loss))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_the_models_page_come_out() {
        // T₀ = SRTT + max(0.2 s, 4·RTTVAR) after the first sample, whose RTTVAR is half of the
        // round trip (RFC 6298, Linux).
        let pftk = |rtt: f64, loss| pftk(1_448.0, rtt, rtt + f64::max(0.2, 2.0 * rtt), loss, 1.0) * 8e-6;
        for (rtt, megabits) in
            [(0.02, [21.9, 5.68, 3.34]), (0.07, [6.35, 1.86, 1.22]), (0.3, [1.49, 0.44, 0.29])]
        {
            for (loss, theirs) in [0.001, 0.01, 0.02].into_iter().zip(megabits) {
                let ours = pftk(rtt, loss);
                assert!((ours / theirs - 1.0).abs() < 0.02, "{rtt}, {loss}: {ours}, not {theirs}");
            }
        }
        assert!((mathis(1_448.0, 0.070, 0.01) * 8e-6 / 2.02 - 1.0).abs() < 0.005);
    }
}
