//! Planted bugs that need no code of their own: each is a wrong decision of an engine.

/// One wrong decision, named like its planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The cursors of a response are saved before its rows.
    CursorBeforeRows,
    /// All entities share one cursor; a page of any entity moves it.
    OneDateForAll,
    /// The cursor of the last page is not saved.
    CursorBeforeTheLastPage,
    /// A full load removes rows that it withholds, although a later version of them will come.
    SweepsWhatIsWithheld,
    /// A page is accepted even if it responds to another request.
    TakesAnothersPage,
    /// The cursors of a response are saved although one of its rows could not be written.
    OneBadRowDropsPage,
    /// A unit with an excerpt of an entity moves the cursor that other units share.
    PartMovesAll,
    /// A sync of any unit sets the date of the last sync of all units.
    DatesAllUnits,
    /// An interrupted run also sets the date of its unit's last sync.
    DatesWhatWasCut,
    /// The rows that an interrupted run has set aside are lost; the next run begins behind them.
    ForgetsWhatWaits,
    /// Caches on the path may respond to requests for pages.
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
    /// Verdicts are matched to edits by position in the response, not by name.
    VerdictsByPlace,
    /// Edits leave the outbox if their request was under way when its run was cancelled.
    CancelDropsInFlight,
    /// An edit that the server put off counts as acknowledged with the others.
    PutOffIsDone,
    /// An edit that was finally refused stays in the outbox.
    KeepsWhatIsRefused,
    /// A discarded unit also drops the edits that it was to send.
    DiscardsEdits,
    /// An edit should create its row again, but the row is already there: the edit sends all
    /// columns, not only the columns that its person set.
    WholeRowsAgain,
    /// The version that a merged edit met counts as seen by later edits of its row, although their
    /// columns were not merged with it.
    MergeSpeaksForAll,
    /// The version in a row's shadow is dropped when the last edit is settled.
    ForgetsTheShadow,
    /// The version in a row's shadow is applied when the last edit is settled. It is applied even
    /// if the edit was settled with a newer version.
    ShowsTheShadow,
    /// A verdict that foreign keys forbid is not deferred: the deletion of a row that others refer
    /// to, or a reference to a missing row.
    EndsWhatIsReferredTo,
    /// Conflicts that wait for a person do not survive a restart of the app.
    PageInMemory,
    /// An edit that a person chose is not sent.
    ChoiceStaysHere,
    /// A decided conflict is not closed.
    FlagStaysSet,
    /// An attachment is dropped once its last bytes were sent, whatever the server responds.
    LastStretchIsAll,
    /// Any response to an attachment counts as the response to the attachment that was sent.
    TakesAnothersWord,
    /// Attachments of a row whose edit was dropped are sent without asking for the row.
    SendsWhatCameToNothing,
    /// Other units get no turn after a failed run.
    TurnNeverGivenBack,
    /// The app is not told that a run failed.
    FailsWithoutAWord,
    /// A unit starts before the running unit has ended.
    TwoAtOnce,
    /// Retries of a request do not wait, and never end.
    TriesWithoutAPause,
    /// A unit is taken from the end of the queue.
    LastInFirstOut,
    /// A unit that failed three times in a row is not retried automatically.
    GivesUpForGood,
    /// The app is told twice that a run ended well.
    CompletesTwice,
    /// A unit leaves the queue on disk when a run of it begins.
    ForgetsAsItBegins,
    /// Saving an edit does not fire its trigger while a run is under way.
    MissesSavesInARun,
    /// A network that comes back starts nothing.
    IgnoresTheNetwork,
    /// A planned start still counts as planned after it began.
    NeverEndsPlans,
    /// A good run does not reset the number of failures, by which waits grow.
    NeverForgives,
    /// Deferred rows are not retried.
    ForgetsLateRows,
    /// A request that ended after its deadline is not handled. A suspended app learns of the end
    /// only when it resumes.
    WaitsForWhatIsGone,
    /// The status shows no waiting edits.
    AllSyncedTooSoon,
    /// The status shows a failed run as still running and hides its failure.
    SyncingForEver,
    /// The status does not show that the network is back.
    OfflineForEver,
    /// After a good run the status still shows the earlier failure.
    FailedForEver,
}
