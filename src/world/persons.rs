//! People who share a phone: who logs out of it, and who logs in.

use std::rc::Rc;

use super::device::Device;
use super::storage::Left;
use super::token::Wallet;
use crate::base::{Span, Time};
use crate::contract::{AppEvent, Event, KillReason, NetworkKind, PhoneEvent};
use crate::sim::Handle;

/// Who cannot log out, for what waits or as no app runs, tries again after this.
const TRIED_AGAIN: Span = Span::secs(300);
/// A login takes so long, and is tried again after that where there is no network.
const LOGIN_TAKES: Span = Span::secs(20);

/// A person logs out for so long, while `other` has the phone, if any; not after `end`.
pub(super) async fn goes_away(
    (device, handle): (Rc<Device>, Handle),
    away: Span,
    other: Option<u32>,
    end: Time,
) -> Option<()> {
    let own = device.storage.person();
    logs_out(&device, &handle, end).await?;
    if let Some(other) = other {
        logs_in(&device, &handle, other, end).await?;
    }
    handle.sleep(away).await;
    if other.is_some() {
        logs_out(&device, &handle, end).await?;
    }
    logs_in(&device, &handle, own, end).await
}

async fn logs_out(device: &Device, handle: &Handle, end: Time) -> Option<()> {
    loop {
        if handle.now() >= end {
            return None;
        }
        match asks(device, handle).await {
            Some(Ok(())) => break,
            Some(Err(edits)) => device.tell(Event::Phone(PhoneEvent::LogoutRefused { edits })),
            None => {}
        }
        handle.sleep(TRIED_AGAIN).await;
    }
    device.put_away();
    // The app may have taken its time over it: who is out after the script comes back at once.
    let is_over = handle.now() >= end;
    device.kill(KillReason::Killed, is_over.then_some(LOGIN_TAKES));
    device.tell(Event::Phone(PhoneEvent::LoggedOut));
    (!is_over).then_some(())
}

/// Whenever a login has ended the app logs out, if what waits lets it, and in again.
pub(super) async fn logs_in_again(device: Rc<Device>, wallet: Rc<Wallet>, handle: Handle) {
    loop {
        wallet.login_ended().await;
        if asks(&device, &handle).await == Some(Ok(())) {
            device.put_away();
            device.kill(KillReason::Killed, None);
            device.tell(Event::Phone(PhoneEvent::LoggedOut));
        }
        loop {
            handle.sleep(LOGIN_TAKES).await;
            if device.ports.transport.network() != NetworkKind::None {
                break;
            }
        }
        is_in(&device, handle.now());
    }
}

fn is_in(device: &Device, now: Time) {
    device.wallet.iter().for_each(|wallet| wallet.logged_in(now));
    device.tell(Event::Phone(PhoneEvent::LoggedIn { person: device.storage.person() }));
    device.app(AppEvent::Login);
    device.start();
}

/// What the app says to a logout; nothing if it does not run, or dies over it.
async fn asks(device: &Device, handle: &Handle) -> Option<Result<(), u64>> {
    let engine = device.app.engine()?;
    device.tell(Event::Phone(PhoneEvent::LogoutAsked));
    let (sender, receiver) = handle.oneshot();
    device.ports.spawn.spawn(Box::pin(async move {
        // Who asked waits as long as the process lives.
        let _ = sender.send(engine.log_out().await);
    }));
    receiver.await
}

async fn logs_in(device: &Device, handle: &Handle, person: u32, end: Time) -> Option<()> {
    loop {
        handle.sleep(LOGIN_TAKES).await;
        if handle.now() >= end {
            return None;
        }
        if device.is_running() {
            // It was started for another reason, and shows whose it was.
            device.kill(KillReason::Killed, None);
        } else if device.ports.transport.network() != NetworkKind::None {
            break;
        }
    }
    let apart = device.app.factory.keeps_persons_apart();
    if let Some(Left { of, at, life }) = device.storage.change_person(person, apart, handle.now()) {
        device.tell(match of == device.id {
            true => Event::Restored { to: at, life },
            false => Event::BecameCopy { of, then: Some((at, life)), unseen: &[] },
        });
    }
    is_in(device, handle.now());
    Some(())
}
