package org.wardkey.app.hybrid

import android.graphics.ImageFormat
import android.graphics.Matrix
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_BACK
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_EXTERNAL
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_FRONT
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.SessionConfiguration
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.hybrid.CameraRecord.Step

/** Which camera is opened, and how. */
internal class CodeCameraTest : CameraTest() {
    @Test
    fun `opens the camera at the back, wherever it stands in the list`() {
        add("10", LENS_FACING_FRONT)
        add("11", LENS_FACING_EXTERNAL)
        add("12", LENS_FACING_BACK)
        add("13", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        start()
        assertEquals(listOf("12"), opened)
    }

    @Test
    fun `opens the first of a phone without one at the back`() {
        add("7", null)
        add("6", LENS_FACING_FRONT)
        preview.setSurfaceTexture(texture)
        start()
        assertEquals(listOf("7"), opened)
    }

    @Test
    fun `a phone without a camera is told`() {
        preview.setSurfaceTexture(texture)
        start()
        idle()
        assertEquals(1, failures)
        assertEquals(emptyList<String>(), opened)
    }

    @Test
    fun `a camera that another app has, that is disabled or that is not allowed is told`() {
        add("0", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        val reasons = listOf(
            CameraAccessException.CAMERA_IN_USE, CameraAccessException.MAX_CAMERAS_IN_USE,
            CameraAccessException.CAMERA_DISABLED, CameraAccessException.CAMERA_DISCONNECTED,
            CameraAccessException.CAMERA_ERROR,
        )
        val refusals = reasons.map(::CameraAccessException) + SecurityException("no permission") +
            IllegalArgumentException("that camera was unplugged")
        for (step in listOf(Step.LIST, Step.OPEN)) {
            for (refusal in refusals) {
                failures = 0
                CameraRecord.refuse(step, refusal)
                start()
                idle()
                assertEquals("$step: $refusal", 1, failures)
            }
        }
        assertEquals(emptyList<String>(), opened)
    }

    @Test
    fun `waits for the preview to be there`() {
        add("0", LENS_FACING_BACK)
        start()
        idle()
        assertEquals(emptyList<String>(), opened)
        preview.setSurfaceTexture(texture)
        preview.surfaceTextureListener?.onSurfaceTextureAvailable(texture, preview.width, preview.height)
        assertEquals(listOf("0"), opened)
    }

    @Test
    fun `films what is shown, and looks at the same, without end`() {
        film()
        assertEquals(PixelSize(WIDTH, HEIGHT), texture.size)
        assertEquals(PixelSize(WIDTH, HEIGHT), PixelSize(reader.reader.width, reader.reader.height))
        assertEquals(ImageFormat.YUV_420_888, reader.reader.imageFormat)
        val session = CameraRecord.sessions.single()
        assertEquals(SessionConfiguration.SESSION_REGULAR, session.sessionType)
        val surfaces = session.outputConfigurations.map { it.surface }
        assertEquals(2, surfaces.toSet().size)
        assertSame(reader.reader.surface, surfaces.last())
        val request = CameraRecord.repeated.single()
        assertEquals(surfaces.toSet(), request.targets.toSet())
        assertEquals(listOf(CameraDevice.TEMPLATE_PREVIEW), CameraRecord.templates.toList())
        assertEquals(
            CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE,
            request[CaptureRequest.CONTROL_AF_MODE],
        )
        idle()
        assertEquals(0, failures)
    }

    @Test
    fun `the picture is fitted to the view, by how the camera is built in`() {
        add("0", LENS_FACING_BACK, sensor = 0)
        preview.setSurfaceTexture(texture)
        idle()
        val view = PixelSize(preview.width, preview.height)
        assertTrue("$view", view.width > 0 && view.height > 0)
        start()
        fun fitted(sensor: Int) = PreviewFit.of(view, PixelSize(WIDTH, HEIGHT), sensor, 0).matrixFor(view)
        assertEquals(fitted(sensor = 0), preview.getTransform(Matrix()))
        assertNotEquals(fitted(sensor = 90), fitted(sensor = 0))
        preview.layout(0, 0, view.width, view.height / 2)
        preview.surfaceTextureListener?.onSurfaceTextureSizeChanged(texture, view.width, view.height / 2)
        assertNotEquals(fitted(sensor = 0), preview.getTransform(Matrix()))
    }
}
