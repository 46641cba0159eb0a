/** The ids of the commands; their arguments are given as `{ name }`, optional ones as `{ name? }`. */
export namespace CommandIDs {
  /** Open a model in the main area; without a name, ask for one: `{ model?, section? }`. */
  export const openModel = 'modelop-jupyter:open-model';
  /** Register the open notebook, or another one again: `{ model?, notebook? }`. */
  export const register = 'modelop-jupyter:register';
  /** Register a folder or a Python file, by default the one that is selected: `{ path? }`. */
  export const registerFile = 'modelop-jupyter:register-file';
  /** Show the dialog of a new job: `{ model?, kind: 'batch' | 'metrics' | 'train' }`. */
  export const newJob = 'modelop-jupyter:new-job';
  /** Run a model on its test data, or on records typed in a form: `{ model }`. */
  export const runSample = 'modelop-jupyter:run-sample';
  /** Ask for a sample, check a model with it, and show the report on its page: `{ model? }`. */
  export const checkModel = 'modelop-jupyter:check-model';
  /** Ask for two snapshots and records, compare what they give: `{ model?, champion?, challenger? }`. */
  export const challengeModel = 'modelop-jupyter:challenge-model';
  /** Ask for a snapshot and options, deploy it, and show its progress on the model's page: `{ model? }`. */
  export const deploy = 'modelop-jupyter:deploy';
  /** Build a model's environment, and show its progress in the sidebar: `{ model? }`. */
  export const buildEnvironment = 'modelop-jupyter:build-environment';
  /** Remove a model after confirmation: `{ model }`. */
  export const removeModel = 'modelop-jupyter:remove-model';
  /** Ask for a version, a format and a place, and export a model there: `{ model? }`. */
  export const exportModel = 'modelop-jupyter:export-model';
  /** Register the model of an export: of the file that is selected, else ask for one: `{ from?: 'selection' }`. */
  export const importModel = 'modelop-jupyter:import-model';
  /** Open a job in the main area: `{ job? }`. */
  export const openJob = 'modelop-jupyter:open-job';
  /** Open the list of jobs in the main area, of one model or of all: `{ model? }`. */
  export const openJobs = 'modelop-jupyter:open-jobs';
  /** Open the comparison of two ended jobs in the main area: `{ job, other }`. */
  export const compareJobs = 'modelop-jupyter:compare-jobs';
  /** Copy the failure of a job, or of a model's environment, as a text for a ticket: `{ job?, model? }`. */
  export const copyReport = 'modelop-jupyter:copy-report';
  /** Insert a notebook cell that loads the output of a job as a DataFrame: `{ job }`. */
  export const loadOutput = 'modelop-jupyter:load-output';
  /** Stop a job: `{ job }`. */
  export const stopJob = 'modelop-jupyter:stop-job';
  /** Remove several jobs after confirmation, and return whether they were removed: `{ jobs }`. */
  export const removeJobs = 'modelop-jupyter:remove-jobs';
  /** Remove a job after confirmation: `{ job }`. */
  export const removeJob = 'modelop-jupyter:remove-job';
  /** Switch the browser's notifications of the ends of jobs on or off. */
  export const notifyByBrowser = 'modelop-jupyter:notify-by-browser';
  /** Open a notebook or console in a model's isolated kernel: `{ model, as: 'notebook' | 'console' }`. */
  export const openKernel = 'modelop-jupyter:open-kernel';
  /** Insert a cell that runs in a model's isolated kernel: `{ model }`. */
  export const insertKernelCell = 'modelop-jupyter:insert-kernel-cell';
  /** Open a failed record of a job, or else of the deployment, in the isolated kernel: `{ model, index, job? }`. */
  export const openRecord = 'modelop-jupyter:open-record';
  /** Open the cell or source line of a function: `{ model, name, asset, notebook?, line? }`. */
  export const openFunction = 'modelop-jupyter:open-function';
  /** Choose a file and add it to a model: `{ model }`. */
  export const addAsset = 'modelop-jupyter:add-asset';
  /** Add the files that are selected in the file browser to a model. */
  export const addFiles = 'modelop-jupyter:add-files';
  /** Insert a cell below the active cell of the open notebook: `{ source }`. */
  export const insertSnippet = 'modelop-jupyter:insert-snippet';
  /** Copy an example notebook into a folder and open it; without a name, ask which: `{ name?, cwd? }`. */
  export const openExample = 'modelop-jupyter:open-example';
  /** Show the sidebar. */
  export const showSidebar = 'modelop-jupyter:show-sidebar';
  /** Fetch what has changed on the server. */
  export const refresh = 'modelop-jupyter:refresh';
}

/** The id of the sidebar in the shell. */
export const SIDEBAR_ID = 'modelop-jupyter-sidebar';
