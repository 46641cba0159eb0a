import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { assets } from './plugins/assets';
import { core } from './plugins/core';
import { jobs } from './plugins/jobs';
import { kernels } from './plugins/kernels';
import { register } from './plugins/register';
import { running } from './plugins/running';
import { sidebar } from './plugins/sidebar';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  core,
  sidebar,
  register,
  assets,
  running,
  jobs,
  kernels
];

export default plugins;
