import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { assets } from './plugins/assets';
import { challenge } from './plugins/challenge';
import { check } from './plugins/check';
import { core } from './plugins/core';
import { deploy } from './plugins/deploy';
import { examples } from './plugins/examples';
import { exchange } from './plugins/exchange';
import { jobs } from './plugins/jobs';
import { jobsView } from './plugins/jobsView';
import { kernels } from './plugins/kernels';
import { modelActions } from './plugins/modelActions';
import { modelPage } from './plugins/modelPage';
import { newJob } from './plugins/newJob';
import { register } from './plugins/register';
import { sidebar } from './plugins/sidebar';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  core,
  sidebar,
  register,
  assets,
  modelActions,
  check,
  challenge,
  deploy,
  newJob,
  jobs,
  jobsView,
  kernels,
  modelPage,
  examples,
  exchange
];

export default plugins;
