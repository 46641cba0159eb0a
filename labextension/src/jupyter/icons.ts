import { LabIcon } from '@jupyterlab/ui-components';
import deploy from '../../style/icons/deploy.svg';
import metrics from '../../style/icons/metrics.svg';
import modelop from '../../style/icons/modelop.svg';

/** The icon of the extension, in the colours of the theme. */
export const modelopIcon = new LabIcon({ name: 'modelop-jupyter:modelop', svgstr: modelop });

/** The icon of metrics jobs. */
export const metricsIcon = new LabIcon({ name: 'modelop-jupyter:metrics', svgstr: metrics });

/** The icon of deployments. */
export const deployIcon = new LabIcon({ name: 'modelop-jupyter:deploy', svgstr: deploy });
