import './base.css';
import './modelPage.css';
