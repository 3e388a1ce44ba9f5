//! People who share a phone: logouts and logins.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::{Span, Time};
use crate::contract::{AppEvent, Event, KillReason, NetworkKind, PhoneEvent};
use crate::sim::{Handle, Notify};
use crate::world::device::node::Device;
use crate::world::device::storage::Left;
use crate::world::device::token::Wallet;

/// The delay before another try to log out. A logout fails if pending edits prevent it or no app
/// runs.
const LOGOUT_RETRY_DELAY: Span = Span::secs(300);
/// The duration of a login. Without a network, a login is tried again after this time.
const LOGIN_TAKES: Span = Span::secs(20);

/// A mutex. Tasks that wait for it get it in the order of arrival.
struct Turn {
    taken: Cell<bool>,
    free: Notify,
}

/// The guard of a [`Turn`]: the mutex is free again when it is dropped.
struct Taken<'a>(&'a Turn);

impl Turn {
    fn new(handle: &Handle) -> Turn {
        Turn { taken: Cell::default(), free: handle.notify() }
    }
    async fn take(&self) -> Taken<'_> {
        while self.taken.replace(true) {
            self.free.notified().await;
        }
        Taken(self)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.taken.set(false);
        self.0.free.notify_all();
    }
}

/// A shared phone. Its absences come one after another, and so do the changes of the person logged
/// in.
pub(crate) struct SharedPhone {
    device: Rc<Device>,
    handle: Handle,
    absence: Turn,
    login: Turn,
}

impl SharedPhone {
    pub(crate) fn new(device: Rc<Device>, handle: &Handle) -> SharedPhone {
        let (absence, login) = (Turn::new(handle), Turn::new(handle));
        SharedPhone { device, handle: handle.clone(), absence, login }
    }

    /// A person logs out for `away`. Meanwhile `other`, if given, uses the phone. Does nothing
    /// after `end`.
    pub(crate) async fn goes_away(&self, away: Span, other: Option<u32>, end: Time) -> Option<()> {
        let (device, handle) = (&*self.device, &self.handle);
        let _absence = self.absence.take().await;
        let own = device.storage.person();
        let mut out = self.logs_out(end).await?;
        if let Some(other) = other {
            logs_in(device, handle, other, end).await?;
            drop(out);
            handle.sleep(away).await;
            out = self.logs_out(end).await?;
        } else {
            handle.sleep(away).await;
        }
        let back = logs_in(device, handle, own, end).await;
        drop(out);
        back
    }

    /// Logs out. No other login or logout begins until the returned guard is dropped.
    async fn logs_out(&self, end: Time) -> Option<Taken<'_>> {
        let (device, handle) = (&*self.device, &self.handle);
        let taken = loop {
            let taken = self.login.take().await;
            if handle.now() >= end {
                return None;
            }
            match asks(device, handle).await {
                Some(Ok(())) => break taken,
                Some(Err(edits)) => device.tell(Event::Phone(PhoneEvent::LogoutRefused { edits })),
                None => {}
            }
            drop(taken);
            handle.sleep(LOGOUT_RETRY_DELAY).await;
        };
        device.put_away();
        // The logout may have taken long. If the script has ended, the person logs in again at
        // once.
        let is_over = handle.now() >= end;
        device.kill(KillReason::Killed, is_over.then_some(LOGIN_TAKES));
        device.tell(Event::Phone(PhoneEvent::LoggedOut));
        (!is_over).then_some(taken)
    }

    /// Waits for each expiry of a login. Then logs out, if the app allows it, and logs in again.
    pub(crate) async fn logs_in_again(&self, wallet: &Wallet) {
        let (device, handle) = (&*self.device, &self.handle);
        loop {
            wallet.login_ended().await;
            let _login = self.login.take().await;
            if !wallet.is_ended.get() {
                // Another task has logged in since.
                continue;
            }
            if asks(device, handle).await == Some(Ok(())) {
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
            is_in(device, handle.now());
        }
    }
}

fn is_in(device: &Device, now: Time) {
    device.counter.wallet.iter().for_each(|wallet| wallet.logged_in(now));
    device.tell(Event::Phone(PhoneEvent::LoggedIn { person: device.storage.person() }));
    device.app(AppEvent::Login);
    device.start();
}

/// The app's response to a logout; `None` if the app does not run or dies meanwhile.
async fn asks(device: &Device, handle: &Handle) -> Option<Result<(), u64>> {
    let engine = device.app.engine()?;
    device.tell(Event::Phone(PhoneEvent::LogoutAsked));
    let (sender, receiver) = handle.oneshot();
    device.ports.spawn.spawn(Box::pin(async move {
        // If the caller no longer waits, the result is not needed.
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
            // The app was started for another reason, and shows its last person.
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
