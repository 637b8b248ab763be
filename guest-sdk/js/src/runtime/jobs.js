/**
 * The queue of jobs: what promises have to do next. The engine has a queue of its own, but in a component nobody can have it run:
 * it runs while the snapshot is made, and never again. So promises are ours (`promise.js`), and their jobs wait here.
 *
 * It knows nothing of promises, timers or the host.
 */

/** The engine's own promise, whose jobs run while the snapshot is made. */
const NativePromise = globalThis.Promise;

let jobs = [];
let next = 0;
let building = true;
let scheduled = false;

/** From now on somebody calls `runJobs`; until then the engine does. */
export function takeOver() {
  building = false;
}

/**
 * Puts a job at the end of the queue. It must not throw.
 *
 * @param {() => void} job
 */
export function enqueue(job) {
  jobs.push(job);
  if (building && !scheduled) {
    scheduled = true;
    NativePromise.resolve().then(() => {
      scheduled = false;
      runJobs();
    });
  }
}

/** Runs jobs, also those that these make, until none is left. */
export function runJobs() {
  while (next < jobs.length) {
    const job = jobs[next];
    jobs[next] = undefined;
    next += 1;
    job();
  }
  jobs = [];
  next = 0;
}
