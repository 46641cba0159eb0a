import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { assets } from './plugins/assets';
import { core } from './plugins/core';
import { jobs } from './plugins/jobs';
import { kernels } from './plugins/kernels';
import { modelPage } from './plugins/modelPage';
import { newJob } from './plugins/newJob';
import { register } from './plugins/register';
import { sidebar } from './plugins/sidebar';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  core,
  sidebar,
  register,
  assets,
  newJob,
  jobs,
  kernels,
  modelPage
];

export default plugins;
