//! Connections that transmit raw bytes (tunnels).

use super::held::Site;
use super::*;
use crate::contract::HeldEvent;

impl Site {
    /// Opens a tunnel at `ms` and receives on it until it ends.
    fn tunnel(&self, ms: u64) {
        self.opens(ms, |way, server| way.tunnel(server, at(ms) + Span::secs(30)));
    }
}

#[test]
fn a_tunnel_has_no_handshake_but_that_of_tcp_and_no_frames() {
    for tls in [Tls::None, Tls::V13] {
        let handshake = Handshake { tls, ..options().handshake };
        let mut site = Site::with(profile(), TransportOptions { handshake, ..options() }, true, |_| ());
        site.tunnel(0);
        site.sends(1_000, 100);
        site.sends(2_000, 0);
        let got = site.run();
        let opened = site.seen.0.borrow()[0];
        let HeldEvent::Opened { took } = opened else { panic!("{opened:?}") };
        within(Time(took.0), 100);
        let heard = site.server.heard.borrow();
        assert_eq!((heard[0].1, heard[1].1), (100, 0));
        within(heard[0].2, 1_050);
        assert_eq!((got[0].0, got[1].0), (Ok(Some(100)), Ok(Some(0))));
        within(got[0].1, 1_100);
        // SYN and SYN-ACK; per direction 100 bytes and one byte for the end.
        assert_eq!(site.seen.1.get(), 2 * 60 + 2 * (100 + 52) + 2 * (1 + 52));
    }
}

#[test]
fn pieces_in_a_tunnel_come_one_by_one_at_the_rate_of_the_link() {
    let mut site = Site::with(profile(), options(), false, |_| ());
    site.tunnel(0);
    // 500 kB in pieces: half a second alone, plus the first window.
    for _ in 0..50 {
        site.sends(1_000, 10_000);
    }
    site.run();
    let heard = site.server.heard.borrow();
    assert_eq!(heard.iter().map(|(_, bytes, _)| bytes).sum::<usize>(), 500_000);
    let (first, last) = (heard[0].2, heard[49].2);
    assert!(first < at(1_100) && last > at(1_550) && last < at(2_200), "{first} {last}");
    assert!(heard.windows(2).filter(|two| two[0].2 < two[1].2).count() > 40, "one after another");
}

#[test]
fn an_outage_in_a_tunnel_holds_or_resets_and_a_broken_far_end_is_told() {
    let mut site = Site::with(profile(), options(), true, under(outage(5_000, 9_000, OutageMode::Drop)));
    site.tunnel(0);
    site.sends(6_000, 100);
    let got = site.run();
    assert!(got.len() == 1 && got[0].1 > at(9_000) && got[0].1 < at(20_000), "{got:?}");
    let mut site = Site::with(profile(), options(), true, under(outage(5_000, 9_000, OutageMode::Reset)));
    site.tunnel(0);
    site.sends(6_000, 100);
    assert_eq!(site.run(), [(Err(TransportError::Reset), at(5_100))]);
    let mut site = Site::with(profile(), options(), true, |_| ());
    site.tunnel(0);
    site.then(3_000, |site| site.server.ends.borrow()[0].reset());
    let got = site.run();
    assert_eq!((got.len(), got[0].0), (1, Err(TransportError::Reset)));
    within(got[0].1, 3_050);
}

#[test]
fn a_tunnel_that_the_device_lets_go_of_is_over_at_the_server() {
    let mut site = Site::with(profile(), options(), true, |_| ());
    site.tunnel(0);
    site.then(3_000, |site| site.way.process_died());
    site.run();
    let closed = site.server.closed.borrow();
    assert_eq!(closed.len(), 1);
    within(closed[0].1, 3_050);
    drop(closed);
    // If a server dies behind a tunnel, both ends lose the connection.
    let mut site = Site::with(profile(), options(), true, |_| ());
    site.tunnel(0);
    site.then(3_000, |site| site.way.reset_all());
    let got = site.run();
    assert_eq!((got[0].0, site.server.closed.borrow().len()), (Err(TransportError::Reset), 1));
}
