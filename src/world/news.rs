//! What happened on phones, for people who see it there and act.

use std::cell::RefCell;
use std::rc::Rc;

use crate::sim::{Handle, Notify};

pub(super) struct News<T> {
    notify: Notify,
    new: Rc<RefCell<Vec<T>>>,
}

impl<T> Clone for News<T> {
    fn clone(&self) -> News<T> {
        News { notify: self.notify.clone(), new: self.new.clone() }
    }
}

impl<T> News<T> {
    pub(super) fn new(handle: &Handle) -> News<T> {
        News { notify: handle.notify(), new: Rc::default() }
    }
    pub(super) fn add(&self, one: T) {
        self.new.borrow_mut().push(one);
        self.notify.notify_all();
    }
    pub(super) async fn next(&self) -> Vec<T> {
        loop {
            let new = std::mem::take(&mut *self.new.borrow_mut());
            if !new.is_empty() {
                return new;
            }
            self.notify.notified().await;
        }
    }
}
