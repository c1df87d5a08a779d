package org.wardkey.app.hybrid

import android.graphics.Matrix

/** Width and height in pixels. */
internal data class PixelSize(val width: Int, val height: Int) {
    /** The same, lying on its side. */
    val turned: PixelSize get() = PixelSize(height, width)
}

/**
 * How the camera's picture is put into a view: without it, a TextureView stretches the picture over itself
 * and takes the phone to be held upright.
 *
 * Scales about the view's middle, first; then turns by [degrees], clockwise.
 */
internal data class PreviewFit(val scaleX: Float, val scaleY: Float, val degrees: Int) {
    fun matrixFor(view: PixelSize): Matrix {
        val (x, y) = view.width / 2f to view.height / 2f
        return Matrix().apply {
            setScale(scaleX, scaleY, x, y)
            postRotate(degrees.toFloat(), x, y)
        }
    }

    companion object {
        /**
         * Covers [view] with the picture in its own proportions; what is too much is cut off at both ends.
         *
         * [sensor] and [display] are how far the camera's chip and the phone's screen are turned, in quarter
         * turns of 90 degrees.
         */
        fun of(view: PixelSize, picture: PixelSize, sensor: Int, display: Int): PreviewFit {
            // As Android draws it, for a phone held upright.
            val drawn = if (sensor % HALF_TURN == 0) picture else picture.turned
            val seen = if (display % HALF_TURN == 0) drawn else drawn.turned
            val scale = maxOf(view.width.toFloat() / seen.width, view.height.toFloat() / seen.height)
            return PreviewFit(
                scaleX = drawn.width * scale / view.width,
                scaleY = drawn.height * scale / view.height,
                degrees = (FULL_TURN - display) % FULL_TURN,
            )
        }

        private const val HALF_TURN = 180
        private const val FULL_TURN = 360
    }
}
