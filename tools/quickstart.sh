#!/usr/bin/env bash
# The main job from nothing: parse a photo with the parser that comes with the package, then draw faces, train a
# small face parser on two CPU processes, score it on faces it has never seen, and colour photos with it. Takes about
# six minutes on two cores after the installation.
#
#   ./tools/quickstart.sh
#
# Run it again after Ctrl-C: it goes on where it stopped.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$ROOT"
export CUDA_VISIBLE_DEVICES= # the same job, and the same numbers, on every machine

CONFIG=local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py
FACES=data/synthetic_faces
WORK=work_dirs/quickstart
CHECKPOINT=$WORK/iter_1400.pth # the config's last iteration
PICTURES=$WORK/pictures
PROCESSES=2

echo "== 1/5 Parsing a photograph with the parser that comes with the package (NASA's portrait of Eileen Collins)"
"$PYTHON" tools/image_demo.py docs/astronaut.png --out-dir work_dirs/photos

echo "== 2/5 Drawing faces with all 19 classes of CelebAMask-HQ ($FACES)"
"$PYTHON" tools/make_synthetic_faces.py "$FACES" --count 560 --val-count 60 --image-size 256

if [ -f "$CHECKPOINT" ]; then
    echo "== 3/5 Trained already (delete $WORK to train again)"
else
    echo "== 3/5 Training a small SegNeXt-T on $PROCESSES processes ($CONFIG)"
    ./tools/dist_train.sh "$CONFIG" "$PROCESSES" --work-dir "$WORK" --seed 0 --resume
fi

echo "== 4/5 Scoring it on faces it has never seen"
./tools/dist_test.sh "$CONFIG" "$CHECKPOINT" "$PROCESSES" --eval mIoU mFscore --work-dir "$WORK"

echo "== 5/5 Colouring held-out faces and that photograph with the new network"
mkdir -p "$PICTURES"
"$PYTHON" - "$PICTURES/astronaut.png" <<'PHOTO'
import sys

from PIL import Image
from skimage.data import astronaut

# The face fills the frame as in CelebAMask-HQ, which is what the parser was trained on.
Image.fromarray(astronaut()[0:230, 110:340]).save(sys.argv[1])
PHOTO
"$PYTHON" tools/image_demo.py "$PICTURES/astronaut.png" "$FACES"/CelebA-HQ-img/55[6-9].jpg \
    "$CONFIG" "$CHECKPOINT" --out-dir "$PICTURES"

cat <<DONE

Done. Look at
  the photograph        work_dirs/photos (by the parser that comes with the package)
  coloured photos       $PICTURES (by the network trained here)
  training curve        $WORK/training_curve.png
  scores per class      $WORK/per_class_test.png
DONE
