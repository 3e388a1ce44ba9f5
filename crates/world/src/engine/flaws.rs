//! Planted bugs (deliberate bugs that test the checks) that are one wrong decision of an engine.

/// One wrong decision. Correct code asks `Rules::has` at the place of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The cursors of a response are saved before its rows.
    CursorBeforeRows,
    /// All entities share one cursor, and each page moves it.
    OneDateForAll,
    /// The cursor of the last page is not saved.
    CursorBeforeTheLastPage,
    /// A full load removes rows that the server withholds, although the server sends them later.
    SweepsWhatIsWithheld,
    /// A page is accepted even if it responds to another request.
    TakesAnothersPage,
    /// The cursors of a response are saved although one of its rows could not be written.
    OneBadRowDropsPage,
    /// A sync unit that pulls only part of an entity moves the cursor of units that pull all of it.
    PartMovesAll,
    /// The sync of one unit sets the last-sync date of all units.
    DatesAllUnits,
    /// An interrupted run sets the last-sync date of its unit.
    DatesWhatWasCut,
    /// The rows that an interrupted run has staged are lost, and the next run continues after them.
    ForgetsWhatWaits,
    /// Caches on the path may respond to requests for pages.
    AsksCaches,
    /// The engine reports how many rows it applied, but not their keys.
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
    /// Verdicts are matched to edits by position in the response, not by edit id.
    VerdictsByPlace,
    /// A cancelled run removes the edits of its open request from the outbox.
    CancelDropsInFlight,
    /// An edit that the server deferred counts as acknowledged.
    PutOffIsDone,
    /// An edit that was finally refused stays in the outbox.
    KeepsWhatIsRefused,
    /// A discarded unit also drops the edits that it was to send.
    DiscardsEdits,
    /// An edit that creates its row again sends all columns although the row already exists. The
    /// correct edit sends only the columns that the person set.
    WholeRowsAgain,
    /// After a merge, later edits of the row claim to be based on the merged version. But their
    /// columns were not merged with it.
    MergeSpeaksForAll,
    /// The newer version that waits in a row's shadow is dropped when the last edit gets its
    /// verdict.
    ForgetsTheShadow,
    /// The version in a row's shadow is applied when the last edit gets its verdict. It is applied
    /// even if the verdict has a newer version.
    ShowsTheShadow,
    /// A verdict is applied although it breaks a foreign key. It deletes a row that others refer
    /// to, or it refers to a missing row.
    EndsWhatIsReferredTo,
    /// Conflicts that wait for a person do not survive a restart of the app.
    PageInMemory,
    /// The version that a person chose in a conflict is not sent.
    ChoiceStaysHere,
    /// A decided conflict is not closed.
    FlagStaysSet,
    /// An attachment leaves the device once its last bytes were sent, whatever the server responds.
    LastStretchIsAll,
    /// The response to one attachment counts as the response to another.
    TakesAnothersWord,
    /// After a row's create was dropped, its attachments are sent without a check that the server
    /// has the row.
    SendsWhatCameToNothing,
    /// After a failed run, no other unit can run.
    TurnNeverGivenBack,
    /// The engine does not report to the app that a run failed.
    FailsWithoutAWord,
    /// A unit starts before the running unit has ended.
    TwoAtOnce,
    /// A request is retried without waits and without a limit.
    TriesWithoutAPause,
    /// A unit is taken from the end of the queue.
    LastInFirstOut,
    /// A unit that failed three times in a row is not retried automatically.
    GivesUpForGood,
    /// The engine reports twice to the app that a run ended well.
    CompletesTwice,
    /// A unit leaves the queue on disk when its run begins, not when the run ends.
    ForgetsAsItBegins,
    /// An edit that is saved during a run does not fire the save trigger.
    MissesSavesInARun,
    /// The engine starts nothing when the network returns.
    IgnoresTheNetwork,
    /// A planned start still counts as planned after it began, and blocks further starts.
    NeverEndsPlans,
    /// A successful run does not reset the failure count, and waits keep growing.
    NeverForgives,
    /// Deferred rows are not retried.
    ForgetsLateRows,
    /// The engine never handles a response that comes after the deadline, and waits forever. A
    /// suspended app sees a response only after it resumes.
    WaitsForWhatIsGone,
    /// The status shows no waiting edits.
    AllSyncedTooSoon,
    /// The status shows a failed run as still running and hides its failure.
    SyncingForEver,
    /// The status still shows "offline" after the network returned.
    OfflineForEver,
    /// After a successful run the status still shows the earlier failure.
    FailedForEver,
}
