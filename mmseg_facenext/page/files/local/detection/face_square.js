// The upright square around a face that a network is shown, as
// mmseg_facenext/inference/detection/face_square.py has it.

import {apply, inverse, moved, stretched} from '../pixels/affine.js';
import {blank, part, reduced, warped} from '../pixels/pictures.js';

const LONGEST_CUT = 1024; // pixels

export class FaceSquare {
  // `angle`: degrees by which the face is turned clockwise in the photo.
  constructor(centre, side, angle = 0) {
    Object.assign(this, {centre, side, angle});
  }

  // Eye at the image's left, at its right, nose, corners of the mouth.
  static ofPoints([leftEye, rightEye, , leftCorner, rightCorner]) {
    const middle = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    const eyes = middle(leftEye, rightEye), mouth = middle(leftCorner, rightCorner);
    const across = [rightEye[0] - leftEye[0], rightEye[1] - leftEye[1]];
    const down = [mouth[0] - eyes[0], mouth[1] - eyes[1]];
    const side = 2 * Math.max(2 * Math.hypot(...across), 1.8 * Math.hypot(...down));
    const angle = Math.atan2(across[1] - down[0], across[0] + down[1]) * 180 / Math.PI;
    return new FaceSquare([eyes[0] + 0.1 * down[0], eyes[1] + 0.1 * down[1]], side, angle);
  }

  // So many times as large, moved towards the chin by `down` of this one's side.
  scaled(factor, down = 0) {
    const turn = this.angle * Math.PI / 180, [x, y] = this.centre;
    const centre = [x - down * this.side * Math.sin(turn), y + down * this.side * Math.cos(turn)];
    return new FaceSquare(centre, factor * this.side, this.angle);
  }

  turnedBy(angle) {
    return new FaceSquare(this.centre, this.side, this.angle + angle);
  }

  // From coordinates in the cut, `size` pixels wide, to those of the photo.
  matrix(size) {
    const scale = this.side / size, turn = this.angle * Math.PI / 180, half = size / 2;
    const cos = scale * Math.cos(turn), sin = scale * Math.sin(turn), [x, y] = this.centre;
    return [cos, -sin, x - half * (cos - sin), sin, cos, y - half * (sin + cos)];
  }

  get corners() {
    return [[0, 0], [1, 0], [1, 1], [0, 1]].map((corner) => apply(this.matrix(1), corner));
  }

  // How many quarter turns, anticlockwise, make a photo one that is cut as CelebA-HQ's are; null if it is not.
  portraitTurns({width, height}) {
    const tilt = Math.abs(((this.angle + 45) % 90 + 90) % 90 - 45);
    const away = Math.hypot(this.centre[0] - width / 2, this.centre[1] - height / 2);
    const fits = [width, height].every((side) => 0.8 <= side / this.side && side / this.side <= 1.25);
    return fits && away < this.side / 8 && tilt < 12 ? quarterTurns(this) : null;
  }

  // The part of a photo in which the square lies.
  region({width, height}) {
    const xs = this.corners.map(([x]) => x), ys = this.corners.map(([, y]) => y);
    const left = Math.max(0, Math.floor(Math.min(...xs))), top = Math.max(0, Math.floor(Math.min(...ys)));
    const right = Math.min(width, Math.ceil(Math.max(...xs))), bottom = Math.min(height, Math.ceil(Math.max(...ys)));
    return {left, top, right: Math.max(left, right), bottom: Math.max(top, bottom)};
  }

  // A function that tells whether a point of the photo is in the square.
  holding() {
    const [a, b, c, d, e, f] = inverse(this.matrix(1));
    return (x, y) => {
      const u = a * x + b * y + c, v = d * x + e * y + f;
      return u >= 0 && v >= 0 && u <= 1 && v <= 1;
    };
  }

  distance(x, y) {
    return Math.hypot(x - this.centre[0], y - this.centre[1]) / this.side;
  }

  // The face upright, `size` pixels wide.
  cut(photo, size = Math.max(1, Math.min(Math.round(this.side), LONGEST_CUT)), outside = 'reflection') {
    const region = this.region(photo);
    let shown = part(photo, region);
    if (!shown.pixels.length) return blank(size, size);
    let ratio = [1, 1];
    if (this.side > 1.25 * size) { // else two pixels of each row would stand for all
      const wanted = [shown.width, shown.height].map((each) => Math.max(1, Math.round(each * size / this.side)));
      ratio = [wanted[0] / shown.width, wanted[1] / shown.height];
      shown = reduced(shown, ...wanted);
    }
    const matrix = stretched(moved(this.matrix(size), [-region.left, -region.top]), ratio);
    return warped(shown, matrix, size, size, outside);
  }
}

// How many quarter turns, anticlockwise, make the face upright.
export const quarterTurns = (square) => ((Math.round(square.angle / 90) % 4) + 4) % 4;
