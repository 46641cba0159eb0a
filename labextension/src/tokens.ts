/** The commands that others may call, by menus, shortcuts, the palette or their own code. */
export namespace CommandIDs {
  /** Register the notebook that is open; `path` names another. */
  export const register = 'modelop-jupyter:register';
  /** Open the form of a new job: `{ model, kind, path? }`. */
  export const newJob = 'modelop-jupyter:new-job';
  /** Open a job in the main area: `{ job }`. */
  export const openJob = 'modelop-jupyter:open-job';
  /** Stop a job: `{ job }`. */
  export const stopJob = 'modelop-jupyter:stop-job';
  /** Remove a job with all that it holds, after a question: `{ job }`. */
  export const removeJob = 'modelop-jupyter:remove-job';
  /** Open a notebook or console in a model's isolated kernel: `{ model, as: 'notebook' | 'console' }`. */
  export const openKernel = 'modelop-jupyter:open-kernel';
  /** Open a record that failed in the model's isolated kernel: `{ job, model, index }`. */
  export const openRecord = 'modelop-jupyter:open-record';
  /** Show a function: `{ model, name, notebook?, asset, line? }`; its cell, or its line of the source. */
  export const openFunction = 'modelop-jupyter:open-function';
  /** Add a file of the file browser to a model: `{ model }`. */
  export const addAsset = 'modelop-jupyter:add-asset';
  /** Show the sidebar. */
  export const showSidebar = 'modelop-jupyter:show-sidebar';
  /** Ask the server for everything again. */
  export const refresh = 'modelop-jupyter:refresh';
}

/** The id of the sidebar in the shell. */
export const SIDEBAR_ID = 'modelop-jupyter-sidebar';
