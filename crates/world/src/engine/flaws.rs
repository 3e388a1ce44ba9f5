//! Wrong decisions that an engine can be given: planted bugs that need no code of their own.

/// One wrong decision, named like its planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The cursors of a response are saved before its rows.
    CursorBeforeRows,
    /// All entities share one cursor, which any of them moves.
    OneDateForAll,
    /// The cursor of the last page is not saved.
    CursorBeforeTheLastPage,
    /// A full load removes rows that it withholds, although a later version of them will come.
    SweepsWhatIsWithheld,
    /// A page is accepted whatever request it responds to.
    TakesAnothersPage,
    /// The cursors of a response are saved although one of its rows could not be written.
    OneBadRowDropsPage,
    /// A unit with an excerpt of an entity moves the cursor that other units share.
    PartMovesAll,
    /// A sync of any unit sets the date of the last sync of all units.
    DatesAllUnits,
    /// An interrupted run sets the date of its unit's last sync, too.
    DatesWhatWasCut,
    /// The rows that an interrupted run has set aside are lost, and the next run continues after
    /// them.
    ForgetsWhatWaits,
    /// Caches on the way may answer requests for pages.
    AsksCaches,
    /// Applied rows are not reported by name.
    NamesNoRows,
    /// Acknowledgements are reported without a stamp.
    AcknowledgesWithoutAStamp,
    /// Edits leave the outbox after the server refused their whole request.
    DropsAfterRefusal,
    /// Edits leave the outbox after their request got no response.
    DropsAfterTimeout,
    /// Edits count as acknowledged if their request got no response.
    SilenceIsConsent,
    /// Edits count as acknowledged if their response is unreadable.
    ForeignAnswerIsAck,
    /// Verdicts are matched to edits by place in the response, not by name.
    VerdictsByPlace,
    /// Edits leave the outbox if their request was under way when its run was cancelled.
    CancelDropsInFlight,
    /// An edit that the server put off counts as acknowledged with the others.
    PutOffIsDone,
    /// An edit that was refused for good stays in the outbox.
    KeepsWhatIsRefused,
    /// Edits are dropped with a discarded unit that was to send them.
    DiscardsEdits,
    /// An edit that was to create its row again, and finds it there, goes on with all columns, not
    /// only with what its person set.
    WholeRowsAgain,
    /// The version that a merged edit met counts as seen by later edits of its row, although it
    /// does not speak for the columns that they set.
    MergeSpeaksForAll,
    /// The version in a row's shadow is dropped when the last edit is settled.
    ForgetsTheShadow,
    /// The version in a row's shadow is applied when the last edit is settled, even if it is older
    /// than the version that the edit was settled with.
    ShowsTheShadow,
    /// A verdict that foreign keys forbid does not wait: the deletion of a row that others refer
    /// to, or a reference to a missing row.
    EndsWhatIsReferredTo,
    /// Conflicts that wait for a person do not survive a restart of the app.
    PageInMemory,
    /// An edit that a person chose does not go out.
    ChoiceStaysHere,
    /// A decided conflict is not closed.
    FlagStaysSet,
    /// An attachment is dropped when its last bytes were sent, whatever the server says.
    LastStretchIsAll,
    /// Any response to an attachment counts as the one to the attachment that was sent.
    TakesAnothersWord,
    /// The server is not asked for a row whose edit was dropped, before its attachments go.
    SendsWhatCameToNothing,
    /// Other units get no turn after a failed run.
    TurnNeverGivenBack,
    /// The app is not told that a run failed.
    FailsWithoutAWord,
    /// A unit does not wait until the running one has ended.
    TwoAtOnce,
    /// Retries of a request do not wait, and do not end after a number of tries.
    TriesWithoutAPause,
    /// A unit is taken from the end of the queue.
    LastInFirstOut,
    /// A unit that failed three times in a row is not tried again by itself.
    GivesUpForGood,
    /// The app is told twice that a run ended well.
    CompletesTwice,
    /// A unit leaves the queue on disk when a run of it begins.
    ForgetsAsItBegins,
    /// Saving an edit does not fire its trigger while a run is under way.
    MissesSavesInARun,
    /// A network that comes back starts nothing.
    IgnoresTheNetwork,
    /// A planned start still counts as planned once it has come.
    NeverEndsPlans,
    /// A good run does not reset the number of failures by which waits grow.
    NeverForgives,
    /// Deferred rows are not retried.
    ForgetsLateRows,
    /// A request is not handled that ended after its deadline. A suspended app learns of the end
    /// only when it resumes.
    WaitsForWhatIsGone,
    /// No edits are shown as waiting.
    AllSyncedTooSoon,
    /// A failed run is still shown as running, and its failure is not shown.
    SyncingForEver,
    /// A network that comes back is not noticed in the status.
    OfflineForEver,
    /// A good run does not clear a failure that is shown.
    FailedForEver,
}
