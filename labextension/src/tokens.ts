/** The ids of the commands; their arguments are given as `{ name }`, optional ones as `{ name? }`. */
export namespace CommandIDs {
  /** Open a model in the main area; without a name, ask for one: `{ model?, section? }`. */
  export const openModel = 'modelop-jupyter:open-model';
  /** Register the open notebook, or another one again: `{ model?, notebook? }`. */
  export const register = 'modelop-jupyter:register';
  /** Show the dialog of a new job: `{ model, kind: 'batch' | 'metrics' | 'train', limit? }`. */
  export const newJob = 'modelop-jupyter:new-job';
  /** Open a job in the main area: `{ job }`. */
  export const openJob = 'modelop-jupyter:open-job';
  /** Open the list of jobs in the main area, of one model or of all: `{ model? }`. */
  export const openJobs = 'modelop-jupyter:open-jobs';
  /** Stop a job: `{ job }`. */
  export const stopJob = 'modelop-jupyter:stop-job';
  /** Remove a job after confirmation: `{ job }`. */
  export const removeJob = 'modelop-jupyter:remove-job';
  /** Open a notebook or console in a model's isolated kernel: `{ model, as: 'notebook' | 'console' }`. */
  export const openKernel = 'modelop-jupyter:open-kernel';
  /** Insert a cell that runs in a model's isolated kernel: `{ model }`. */
  export const insertKernelCell = 'modelop-jupyter:insert-kernel-cell';
  /** Open a failed record in the model's isolated kernel: `{ job, model, index }`. */
  export const openRecord = 'modelop-jupyter:open-record';
  /** Open the cell or source line of a function: `{ model, name, asset, notebook?, line? }`. */
  export const openFunction = 'modelop-jupyter:open-function';
  /** Choose a file and add it to a model: `{ model }`. */
  export const addAsset = 'modelop-jupyter:add-asset';
  /** Show the sidebar. */
  export const showSidebar = 'modelop-jupyter:show-sidebar';
  /** Fetch what has changed on the server. */
  export const refresh = 'modelop-jupyter:refresh';
}

/** The id of the sidebar in the shell. */
export const SIDEBAR_ID = 'modelop-jupyter-sidebar';
