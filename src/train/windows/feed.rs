//! Two windows: while one is trained on, a thread of its own reads the next.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope};

use super::plan::{Part, Plan};
use super::reader::{Buffer, Reader};
use crate::data::source::{Source, SourceError};
use crate::error::Error;
use crate::scalar::Scalar;

/// A window that is to be filled.
type Job<T> = (Part, Buffer<T>);

/// A window, and whether it could be filled.
type Filled<T, E> = (Buffer<T>, Result<(), SourceError<E>>);

/// A window that was filled, or could not be; what a panic of the source left.
enum Done<T, E> {
    Read(Filled<T, E>),
    Panicked(Box<dyn Any + Send>),
}

/// The ends of the channels to the reading thread.
struct Link<T, E> {
    jobs: SyncSender<Job<T>>,
    done: Receiver<Done<T, E>>,
}

/// Parts of a source, one after the other, each read before it is asked for.
pub(super) struct Feed<'f, 'a, T, S: Source<T>> {
    reader: &'f Mutex<Reader<'a, S>>,
    plan: &'f Plan,
    /// `None` where no thread could be started: then a part is read when it is asked for.
    link: Option<Link<T, S::Error>>,
    /// What the thread is at.
    asked: Option<Part>,
    /// Windows that nobody uses.
    free: Vec<Buffer<T>>,
    /// Beyond the last, nothing is read in advance.
    epochs: u64,
}

impl<'f, 'a, T: Scalar, S: Source<T>> Feed<'f, 'a, T, S> {
    /// Starts the thread, which ends when the feed is gone. `windows` are two.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, 'f>,
        reader: &'f Mutex<Reader<'a, S>>,
        plan: &'f Plan,
        windows: Vec<Buffer<T>>,
        epochs: usize,
    ) -> Self
    where
        'a: 'f,
        T: 'f,
        S: 'f,
    {
        let ((jobs, received), (sent, done)) = (sync_channel::<Job<T>>(1), sync_channel(1));
        let work = move || {
            while let Ok((part, mut buffer)) = received.recv() {
                let read = catch_unwind(AssertUnwindSafe(|| fill(reader, part, &mut buffer)));
                let answer = match read {
                    Ok(result) => Done::Read((buffer, result)),
                    Err(panic) => Done::Panicked(panic),
                };
                if sent.send(answer).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("shallownet-reader".to_owned()).spawn_scoped(scope, work);
        let link = thread.is_ok().then_some(Link { jobs, done });
        Self { reader, plan, link, asked: None, free: windows, epochs: epochs as u64 }
    }

    /// The windows, for another run: two, unless the thread still had one.
    pub(super) fn into_windows(mut self) -> Vec<Buffer<T>> {
        if self.asked.take().is_some()
            && let Some(Done::Read((buffer, _))) =
                self.link.as_ref().and_then(|link| link.done.recv().ok())
        {
            self.free.push(buffer);
        }
        self.free
    }

    /// Gives back a window that is done with.
    pub(super) fn give_back(&mut self, window: Buffer<T>) {
        self.free.push(window);
    }

    /// A part's samples. All windows but this one are free again, and the one that comes after it is
    /// being read.
    pub(super) fn take(&mut self, part: Part) -> Result<Buffer<T>, SourceError<S::Error>> {
        if self.asked.is_some_and(|asked| asked != part) {
            // An epoch that is begun again.
            if let Some((buffer, _)) = self.receive() {
                self.free.push(buffer);
            }
        }
        if self.asked.is_none() {
            self.ask(part);
        }
        let (buffer, result) = match self.receive() {
            Some(filled) => filled,
            None => {
                let what = "a window of samples, after the thread that read it was gone";
                let mut buffer = self.free.pop().ok_or(Error::OutOfMemory { what, bytes: 0 })?;
                let result = fill(self.reader, part, &mut buffer);
                (buffer, result)
            }
        };
        if let Err(error) = result {
            self.free.push(buffer);
            return Err(error);
        }
        let next = self.plan.following(part).or_else(|| {
            let (Part::Window { epoch, .. } | Part::Held { epoch, .. }) = part;
            (epoch + 1 < self.epochs).then(|| Plan::first(epoch + 1))
        });
        if let Some(next) = next {
            self.ask(next);
        }
        Ok(buffer)
    }

    /// Has the thread read a part, if there is a thread and a window.
    fn ask(&mut self, part: Part) {
        let Some(link) = &self.link else { return };
        let Some(buffer) = self.free.pop() else { return };
        match link.jobs.send((part, buffer)) {
            Ok(()) => self.asked = Some(part),
            Err(unsent) => {
                self.free.push(unsent.0.1);
                self.link = None;
            }
        }
    }

    /// What the thread was asked for. A panic of the source goes on here.
    fn receive(&mut self) -> Option<Filled<T, S::Error>> {
        self.asked.take()?;
        match self.link.as_ref()?.done.recv() {
            Ok(Done::Read(filled)) => Some(filled),
            Ok(Done::Panicked(panic)) => resume_unwind(panic),
            Err(_) => {
                self.link = None;
                None
            }
        }
    }
}

fn fill<T: Scalar, S: Source<T>>(
    reader: &Mutex<Reader<'_, S>>,
    part: Part,
    buffer: &mut Buffer<T>,
) -> Result<(), SourceError<S::Error>> {
    reader.lock().unwrap_or_else(PoisonError::into_inner).fill(part, buffer)
}
