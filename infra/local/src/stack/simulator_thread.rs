//! The provider simulator in a thread of this process.
//!
//! It has its own runtime, because a test's runtime ends with the test and a stack may serve many tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::simulator::Simulator;
use crate::stack::services::SmtpPorts;

/// A simulator that stops when this is dropped.
pub(crate) struct SimulatorThread {
    simulator: Simulator,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SimulatorThread {
    /// Starts a simulator; it listens on the ports when this returns.
    pub(crate) fn start(port: u16, smtp: SmtpPorts) -> Result<Self, Error> {
        let failure = |source| Error::Simulator { source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failure)?;
        let listen = |port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        let simulator = {
            let _runtime = runtime.enter();
            let mut simulator = Simulator::start(listen(port).map_err(failure)?);
            let when_asked = listen(smtp.when_asked).map_err(failure)?;
            let always = listen(smtp.always).map_err(failure)?;
            simulator.serve_smtp(when_asked, always).map_err(failure)?;
            simulator
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(stopped);
            })
            .map_err(failure)?;
        Ok(Self {
            simulator,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The simulator itself.
    pub(crate) fn simulator(&self) -> &Simulator {
        &self.simulator
    }
}

impl Drop for SimulatorThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
