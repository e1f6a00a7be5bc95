"""Frames of a camera, and a window for pictures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Condition, Thread

import cv2
import numpy as np

from ..errors import UserError

QUIT = (ord('q'), 27)  # q and Escape
WAIT = 5.0  # seconds for the first frame


class Camera:
    """The newest frame of a camera whenever one is asked for: what came while the last one was parsed is passed over.

    Args:
        number: 0 is the first camera.

    Raises:
        UserError: there is no such camera.
    """

    def __init__(self, number: int) -> None:
        cv2.utils.logging.setLogLevel(
            cv2.utils.logging.LOG_LEVEL_SILENT
        )  # OpenCV's own lines on cameras that are not there
        self._capture = cv2.VideoCapture(number)
        self._number = number
        if not self._capture.isOpened():
            raise UserError(f'there is no camera {number}, or another program has it')
        self._news = Condition()
        self._frame: np.ndarray | None = None
        self._closed = False
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._thread.join()
        self._capture.release()

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield seconds since the first frame, and the frame, RGB uint8 (H, W, 3).

        Raises:
            UserError: the camera gives nothing.
        """
        start = None
        while True:
            with self._news:
                if not self._news.wait_for(lambda: self._frame is not None or self._closed, WAIT):
                    raise UserError(f'camera {self._number} gives no picture')
                frame, self._frame = self._frame, None
            if frame is None:
                return
            now = time.monotonic()
            start = now if start is None else start
            yield now - start, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    def _read(self) -> None:
        while not self._closed:
            good, frame = self._capture.read()
            with self._news:
                if good:
                    self._frame = frame
                else:
                    self._closed = True
                self._news.notify()


class Window:
    """A window that shows pictures.

    Raises:
        UserError: this machine has no screen, or OpenCV was built without windows.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        except cv2.error:
            raise UserError(
                'no window can be opened here: name a file, as in facenext video 0 me.mp4'
            ) from None

    def show(self, picture: np.ndarray) -> bool:
        """Show RGB uint8 (H, W, 3); return False once q or Escape was pressed, or the window closed."""
        cv2.imshow(self._title, picture[..., ::-1])
        pressed = cv2.waitKey(1) & 0xFF
        return pressed not in QUIT and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
