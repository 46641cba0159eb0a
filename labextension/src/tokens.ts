/** The ids of the commands; their arguments are given as `{ name }`, optional ones as `{ name? }`. */
export namespace CommandIDs {
  /** Register the open notebook, or another one again: `{ model?, notebook? }`. */
  export const register = 'modelop-jupyter:register';
  /** Show the dialog of a new job: `{ model?, kind: 'batch' | 'metrics' | 'train', limit? }`. */
  export const newJob = 'modelop-jupyter:new-job';
  /** Build a model's environment, and show its progress in the sidebar: `{ model? }`. */
  export const buildEnvironment = 'modelop-jupyter:build-environment';
  /** Remove a model after confirmation: `{ model }`. */
  export const removeModel = 'modelop-jupyter:remove-model';
  /** Open a job in the main area: `{ job? }`. */
  export const openJob = 'modelop-jupyter:open-job';
  /** Stop a job: `{ job }`. */
  export const stopJob = 'modelop-jupyter:stop-job';
  /** Remove a job after confirmation: `{ job }`. */
  export const removeJob = 'modelop-jupyter:remove-job';
  /** Open a notebook or console in a model's isolated kernel: `{ model, as: 'notebook' | 'console' }`. */
  export const openKernel = 'modelop-jupyter:open-kernel';
  /** Open a failed record in the model's isolated kernel: `{ job, model, index }`. */
  export const openRecord = 'modelop-jupyter:open-record';
  /** Open the cell or source line of a function: `{ model, name, asset, notebook?, line? }`. */
  export const openFunction = 'modelop-jupyter:open-function';
  /** Choose a file and add it to a model: `{ model }`. */
  export const addAsset = 'modelop-jupyter:add-asset';
  /** Add the files that are selected in the file browser to a model. */
  export const addFiles = 'modelop-jupyter:add-files';
  /** Insert a cell below the active cell of the open notebook: `{ source }`. */
  export const insertSnippet = 'modelop-jupyter:insert-snippet';
  /** Open a notebook with a model that works; not in every installation. */
  export const openExample = 'modelop:open-example';
  /** Show the sidebar. */
  export const showSidebar = 'modelop-jupyter:show-sidebar';
  /** Fetch what has changed on the server. */
  export const refresh = 'modelop-jupyter:refresh';
}

/** The id of the sidebar in the shell. */
export const SIDEBAR_ID = 'modelop-jupyter-sidebar';
