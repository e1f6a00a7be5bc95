// Find the faces of any photo, in the steps of mmseg_facenext/inference/detection/centerface.py and found_face.py,
// which say why. A face is {quality, score, box, points}, in pixels of the photo; quality is the score less the misfit.

import {apply} from '../pixels/affine.js';
import {distinct, misfit} from './centerface.js';
import {FaceSquare, quarterTurns} from './face_square.js';
import {mirrored, mixed, reduced, turned} from '../pixels/pictures.js';

const COARSE = 256; // pixels of the longer side in which faces from a tenth of the photo to all of it are found
// Pixels, and share of the photo's longer side: of the smallest faces, the larger of both.
const SMALLEST = [40, 1 / 60];
const SEEN = 24; // pixels of the smallest face in the scan
const NEAR = 128; // pixels of the square around a face
const HINT = 0.3; // score of what is worth a second look
const FAINT = 0.06; // the same of small faces and of turned ones
const LEAST_SCORE = 0.5; // of a face, at the second look
const ANGLES = [0, 90, 180, 270];
const FRONTAL = 0.25; // misfit of points that tell where the face is
const CLEAR = 0.55; // quality of a face that needs no look from other sides
const SETTLING = [[0], [0], [-12, 12]]; // rounds of looks at one face: degrees by which the cut is turned
const MOST = 200; // second looks at one photo

// `look(picture, least)`: a promise of [{score, box, points}], see `faces` of centerface.js.
export async function findFaces(photo, look) {
  const faces = await found(photo, look), turns = usualTurns(faces);
  if (!turns) return faces;
  const upright = turned(photo, turns), again = await found(upright, look);
  if (usualTurns(again) || again.length < faces.length) return faces;
  return again.map((face) => turnedBack(face, turns, upright));
}

// The largest first, each with its square.
async function found(photo, look) {
  const faces = (await detect(photo, look)).map((face) => ({...face, square: FaceSquare.ofPoints(face.points)}));
  return faces.filter(({square}) => square.side >= 1).sort((one, other) => other.square.side - one.square.side);
}

// How many quarter turns, anticlockwise, make most faces upright; of equally many the largest decides.
function usualTurns(faces) {
  const votes = new Map();
  for (const {square} of faces) votes.set(quarterTurns(square), (votes.get(quarterTurns(square)) ?? 0) + 1);
  return [...votes].reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0])[0];
}

// Points in a picture, in the same turned by quarter turns, anticlockwise.
export function turnedPoints(points, turns, {width, height}) {
  for (let i = 0; i < ((turns % 4) + 4) % 4; i++) {
    const side = width;
    points = points.map(([x, y]) => [y, side - x]);
    [width, height] = [height, width];
  }
  return points;
}

function turnedBack(face, turns, upright) {
  const points = turnedPoints(face.points, -turns, upright), [left, top, right, bottom] = face.box;
  const box = around(turnedPoints([[left, top], [right, bottom]], -turns, upright));
  return {...face, points, box, square: FaceSquare.ofPoints(points)};
}

const around = (corners) => {
  const xs = corners.map(([x]) => x), ys = corners.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
};

async function detect(photo, look) {
  const {squares, only} = await scan(photo, COARSE, HINT, look);
  let faces;
  if (only && squares[0].portraitTurns(photo) !== null) faces = [only];
  else faces = await lookNear(photo, squares, look);
  if (faces.length === 1 && FaceSquare.ofPoints(faces[0].points).portraitTurns(photo) !== null) return faces;
  const longest = Math.max(photo.width, photo.height);
  const finest = Math.round(SEEN / Math.max(SMALLEST[0], SMALLEST[1] * longest) * longest);
  if (finest > COARSE) {
    const hints = (await scan(photo, finest, FAINT, look)).squares.filter((square) => !isKnown(square, faces));
    faces = surest([...faces, ...await lookNear(photo, hints, look)]);
  }
  if (faces.length) return faces;
  return lookNear(photo, await scanTurned(photo, Math.min(Math.max(finest, COARSE), 640), look), look);
}

// Where a face may be, the surest first; and the only one, if there is one and it is clear.
async function scan(photo, longest, least, look) {
  const scale = longest / Math.max(photo.width, photo.height);
  const size = [photo.width, photo.height].map((side) => Math.max(1, Math.round(side * scale)));
  const ratio = [photo.width / size[0], photo.height / size[1]];
  const seen = (await look((scale < 1 ? reduced : mixed)(photo, ...size), least)).map(({score, box, points}) => ({
    score, box: box.map((side, i) => side * ratio[i % 2]), points: points.map(([x, y]) => [x * ratio[0], y * ratio[1]]),
  }));
  for (const face of seen) face.quality = face.score - misfit(face.points);
  const squares = seen.slice(0, MOST).map((face) => (
    face.score - face.quality < FRONTAL ? FaceSquare.ofPoints(face.points) : squareOfBox(face.box)
  ));
  return {squares, only: seen.length === 1 && isClear(seen[0]) ? seen[0] : null};
}

// `scan` of the photo turned by 90, 180 and 270 degrees.
async function scanTurned(photo, longest, look) {
  const side = Math.max(photo.width, photo.height), size = Math.min(longest, side), hints = [];
  for (const angle of ANGLES.slice(1)) {
    const view = new FaceSquare([photo.width / 2, photo.height / 2], side, angle);
    for (const square of (await scan(view.cut(photo, size, 'black'), longest, FAINT, look)).squares) {
      const centre = apply(view.matrix(size), square.centre);
      hints.push(new FaceSquare(centre, square.side * view.side / size, square.angle + angle));
    }
  }
  return hints;
}

// The faces in or near these squares, seen upright.
async function lookNear(photo, squares, look) {
  let best = [];
  for (const square of squares) {
    const first = await lookAt(photo, square, look);
    if (isClear(first)) best.push(first);
    else best.push(...await fromAllSides(photo, square, look));
  }
  const looks = [];
  for (const face of surest(best)) looks.push(await lookAt(photo, FaceSquare.ofPoints(face.points), look));
  best = surest(looks.filter((face) => face && face.score >= LEAST_SCORE && face.quality > 0));
  for (const turns of SETTLING) { // the mean of several looks: a turned copy gives the same points
    for (const [place, face] of best.entries()) {
      const square = FaceSquare.ofPoints(face.points), again = [];
      for (const turn of turns) {
        for (const inMirror of [false, true]) again.push(await lookAt(photo, square.turnedBy(turn), look, inMirror));
      }
      best[place] = mean([face, ...again.filter((each) => each)]);
    }
  }
  return best;
}

// The best face that is seen at four angles, if there is one.
async function fromAllSides(photo, square, look) {
  const seen = [];
  for (const angle of ANGLES) seen.push(await lookAt(photo, square.turnedBy(angle), look));
  const faces = seen.filter((face) => face);
  return faces.length ? [faces.reduce((best, face) => (face.quality > best.quality ? face : best))] : [];
}

// The face in the middle of a square, seen in its cut or in the mirror image of that; null if there is none.
async function lookAt(photo, square, look, inMirror = false) {
  const cut = square.cut(photo, NEAR), matrix = square.matrix(NEAR);
  let faces = await look(inMirror ? mirrored(cut) : cut, HINT);
  if (inMirror) faces = faces.map(mirroredFace);
  let best = null;
  for (const {score, box, points} of faces) {
    const [left, top, right, bottom] = box, quality = score - misfit(points);
    const away = Math.max(Math.abs(left + right - NEAR), Math.abs(top + bottom - NEAR)) / 2;
    const height = bottom - top;
    if (away >= NEAR / 4 || height <= 0.25 * NEAR || height >= 1.1 * NEAR) continue;
    if (best && quality <= best.quality) continue;
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    best = {
      quality, score, box: around(corners.map((corner) => apply(matrix, corner))),
      points: points.map((point) => apply(matrix, point)),
    };
  }
  return best;
}

function mirroredFace({score, box: [left, top, right, bottom], points}) {
  const flipped = [1, 0, 2, 4, 3].map((i) => [NEAR - points[i][0], points[i][1]]); // left and right change places
  return {score, box: [NEAR - right, top, NEAR - left, bottom], points: flipped};
}

function mean(faces) {
  const of = (value) => faces.reduce((sum, face) => sum + value(face), 0) / faces.length;
  return {
    quality: of((face) => face.quality), score: of((face) => face.score),
    box: faces[0].box.map((_, i) => of((face) => face.box[i])),
    points: faces[0].points.map((_, i) => [0, 1].map((c) => of((face) => face.points[i][c]))),
  };
}

const isClear = (face) => face !== null && face.quality >= CLEAR && face.score - face.quality < FRONTAL;

const surest = (faces) => distinct([...faces].sort((one, other) => other.quality - one.quality));

const squareOfBox = ([left, top, right, bottom]) => (
  new FaceSquare([(left + right) / 2, (top + bottom) / 2], 1.5 * Math.max(right - left, bottom - top))
);

function isKnown(square, faces) {
  return faces.map((face) => FaceSquare.ofPoints(face.points)).some((other) => {
    const away = Math.hypot(square.centre[0] - other.centre[0], square.centre[1] - other.centre[1]);
    return away < other.side / 4 && 0.5 < square.side / other.side && square.side / other.side < 2;
  });
}
