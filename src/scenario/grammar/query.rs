//! Keys of the lists that the app's screens show.

use super::super::form::{Form, POLL, key, optional, required, table};

pub(super) const QUERY: Form = table(&[
    required("of", Form::Text)
        .about("The entity whose rows are listed, with all columns that the device holds."),
    key("through", Form::List(&Form::Text), "[]")
        .about("References of it: each row is shown with the rows that they lead to, which the device holds (a join)."),
    optional("like", Form::Text)
        .about("Only rows that have one value in this column, a different one each time: `COLUMN`, or `REFERENCE.COLUMN` of a row that one of `through` leads to."),
    key("every", POLL, "\"1m\"")
        .about("From one time to the next, while somebody looks at the app."),
]);
