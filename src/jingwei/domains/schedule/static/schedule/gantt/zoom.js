/** Zooming, as methods of the Gantt: what lies under the pointer, or in the middle, stays where it is. */
import { memory } from "./dom.js";
import { LEVELS } from "./scale.js";

export const zooming = {
  zoomBy(factor, x = this.chartWidth / 2) {
    this.zoomTo(this.scale.dayWidth * factor, x);
  },

  zoomTo(dayWidth, x = this.chartWidth / 2) {
    const minute = this.scale.minute(this.scroller.scrollLeft + x);
    this.scale.setDayWidth(dayWidth);
    memory.set(`day-width.${this.plan.project.id}`, this.scale.dayWidth);
    this.resize();
    this.scroller.scrollLeft = this.scale.x(minute) - x;
    this.hint.hide();
    this.toolbar.update();
  },

  zoomToLevel(key) {
    this.zoomTo(LEVELS.find((level) => level.key === key).dayWidth);
  },

  zoomToFit() {
    this.zoomTo(this.scale.dayWidthToFit(this.chartWidth));
    this.scroller.scrollLeft = 0;
  },
};
