import './base.css';
import './modelPage.css';
import './deployments.css';
