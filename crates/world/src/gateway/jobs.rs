//! Jobs: pulls that the server works on in the background.
//!
//! A pull that takes longer than `after` gets "accepted, ask again" (202) and no pages. The device
//! repeats the request until the result is there. [`JobResult`] says how long the server keeps the
//! result. A result shows the data of the time when its job was done.

use std::collections::BTreeMap;

use crate::base::{Span, Time, word_enums};

/// How a server works on pulls in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobOptions {
    /// A request waits this long for its result, counted from the start of the job.
    pub after: Span,
    /// After that wait, the device gets the response "ask again after this time".
    pub ask_again: Span,
    /// The treatment of a job's result.
    pub result: JobResult,
    /// How long the server keeps a result.
    pub kept: Span,
}

impl Default for JobOptions {
    fn default() -> JobOptions {
        JobOptions {
            after: Span::secs(10),
            ask_again: Span::secs(30),
            result: JobResult::default(),
            kept: Span::secs(600),
        }
    }
}

word_enums! {
    /// The treatment of a job's result.
    pub enum JobResult {
        /// The server keeps it for a while. Everyone who asks the same gets it.
        #[default]
        Kept: "kept",
        /// The server gives it once. If that response is lost, the work begins again.
        Once: "once",
        /// If no device waits, the server throws it away. The next request begins the work again.
        Lost: "lost",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Working,
    Done { at: Time, answer: Vec<u8>, is_refusal: bool },
}

#[derive(Clone, Debug)]
struct Job {
    begun: Time,
    state: State,
}

/// The reply to a device that asks now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JobReply {
    /// The work begins with this request.
    Begins,
    /// The request waits for the result until this time.
    WaitsUntil(Time),
    /// The device should ask again after this time.
    AskAgain(Span),
    /// The device gets this result.
    Given(Vec<u8>),
}

/// The jobs of a gateway, in the memory of its process.
#[derive(Clone, Debug)]
pub(crate) struct Jobs {
    options: JobOptions,
    jobs: BTreeMap<String, Job>,
}

impl Jobs {
    pub(crate) fn new(options: JobOptions) -> Jobs {
        Jobs { options, jobs: BTreeMap::new() }
    }

    /// The reply to a request that asks `question` at `now`.
    pub(crate) fn ask(&mut self, now: Time, question: &str) -> JobReply {
        let JobOptions { after, ask_again, result, kept } = self.options;
        let Some(job) = self.jobs.get(question) else {
            self.begin(now, question);
            return JobReply::Begins;
        };
        let waits_until = job.begun + after;
        match &job.state {
            State::Working if now < waits_until => JobReply::WaitsUntil(waits_until),
            State::Working => JobReply::AskAgain(ask_again),
            State::Done { at, .. } if now.since(*at) >= kept => {
                self.begin(now, question);
                JobReply::Begins
            }
            State::Done { answer, is_refusal, .. } => {
                let answer = answer.clone();
                if result != JobResult::Kept || *is_refusal {
                    self.jobs.remove(question);
                }
                JobReply::Given(answer)
            }
        }
    }

    fn begin(&mut self, now: Time, question: &str) {
        self.jobs.insert(question.to_owned(), Job { begun: now, state: State::Working });
    }

    /// Notes the result of a job; false if the result is thrown away.
    pub(crate) fn done(&mut self, now: Time, question: &str, answer: Vec<u8>, is_refusal: bool) -> bool {
        let Some(job) = self.jobs.get_mut(question) else { return false };
        let waited_for = now <= job.begun + self.options.after;
        if self.options.result == JobResult::Lost && !waited_for {
            self.jobs.remove(question);
            return false;
        }
        job.state = State::Done { at: now, answer, is_refusal };
        true
    }

    /// The time until which a device may get the result of a job that began before `since`. It is
    /// `now` while such a job runs, and `None` if there is no such job.
    pub(crate) fn gives_older(&self, since: Time, now: Time) -> Option<Time> {
        let until = |job: &Job| match job.state {
            State::Working => now,
            State::Done { at, .. } => at + self.options.kept,
        };
        let is_given = |job: &&Job| job.state == State::Working || until(job) > now;
        self.jobs.values().filter(|job| job.begun < since).filter(is_given).map(until).max()
    }

    /// Forgets all jobs, because the process died.
    pub(crate) fn die(&mut self) {
        self.jobs.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_secs as at;

    fn jobs(result: JobResult) -> Jobs {
        let kept = Span::secs(60);
        Jobs::new(JobOptions { after: Span::secs(10), ask_again: Span::secs(30), result, kept })
    }

    fn given() -> JobReply {
        JobReply::Given(vec![7])
    }

    #[test]
    fn an_older_result_is_given_until_it_is_not_kept_any_more() {
        let mut jobs = jobs(JobResult::Kept);
        assert_eq!(jobs.ask(at(5), "q"), JobReply::Begins);
        assert_eq!([at(5), at(6)].map(|since| jobs.gives_older(since, at(7))), [None, Some(at(7))]);
        assert!(jobs.done(at(20), "q", Vec::new(), false));
        assert_eq!(
            [21, 79, 80].map(|now| jobs.gives_older(at(6), at(now))),
            [Some(at(80)), Some(at(80)), None]
        );
    }

    #[test]
    fn who_asks_while_a_job_works_waits_or_asks_again() {
        let mut jobs = jobs(JobResult::Kept);
        assert_eq!(jobs.ask(at(5), "q"), JobReply::Begins);
        assert_eq!(jobs.ask(at(5), "q"), JobReply::WaitsUntil(at(15)));
        assert_eq!(jobs.ask(at(15), "q"), JobReply::AskAgain(Span::secs(30)));
        assert_eq!(jobs.ask(at(15), "other"), JobReply::Begins, "each question is a job");
        assert!(jobs.done(at(20), "q", vec![7], false));
        assert_eq!(jobs.ask(at(45), "q"), given());
        assert_eq!(jobs.ask(at(79), "q"), given(), "it is kept");
        assert_eq!(jobs.ask(at(80), "q"), JobReply::Begins, "and not for ever");
    }

    #[test]
    fn a_result_that_is_given_once_or_refused_is_gone() {
        for (result, is_refusal) in [(JobResult::Once, false), (JobResult::Kept, true)] {
            let mut jobs = jobs(result);
            jobs.ask(at(0), "q");
            jobs.done(at(20), "q", vec![7], is_refusal);
            assert_eq!(jobs.ask(at(40), "q"), given());
            assert_eq!(jobs.ask(at(41), "q"), JobReply::Begins, "{result:?}");
        }
    }

    #[test]
    fn a_result_that_nobody_waits_for_is_lost() {
        let mut jobs = jobs(JobResult::Lost);
        jobs.ask(at(0), "q");
        assert!(!jobs.done(at(11), "q", vec![7], false), "too late");
        assert_eq!(jobs.ask(at(40), "q"), JobReply::Begins);
        assert!(jobs.done(at(49), "q", vec![7], false), "in time");
        assert_eq!(jobs.ask(at(49), "q"), given());
    }

    #[test]
    fn a_job_ends_with_its_process() {
        let mut jobs = jobs(JobResult::Kept);
        jobs.ask(at(0), "q");
        jobs.die();
        assert!(!jobs.done(at(20), "q", vec![7], false));
    }
}
