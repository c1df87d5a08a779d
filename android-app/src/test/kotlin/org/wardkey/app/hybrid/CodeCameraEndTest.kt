package org.wardkey.app.hybrid

import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics.LENS_FACING_BACK
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CaptureRequest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.hybrid.CameraRecord.Step
import org.wardkey.app.idleUntil

/** What becomes of a camera that is lost, refuses or is not needed any more; none stays open. */
internal class CodeCameraEndTest : CameraTest() {
    @Test
    fun `a camera that is lost, or breaks, is closed and told`() {
        film()
        shadowOf(manager).triggerDisconnect()
        idleUntil { failures == 1 }
        assertTrue(device.isClosed)
        val errors = listOf(
            CameraDevice.StateCallback.ERROR_CAMERA_IN_USE,
            CameraDevice.StateCallback.ERROR_MAX_CAMERAS_IN_USE,
            CameraDevice.StateCallback.ERROR_CAMERA_DISABLED,
            CameraDevice.StateCallback.ERROR_CAMERA_DEVICE,
            CameraDevice.StateCallback.ERROR_CAMERA_SERVICE,
        )
        for (error in errors) breaks(error)
    }

    private fun breaks(error: Int) {
        CameraRecord.clear()
        failures = 0
        start()
        idleUntil { CameraRecord.repeated.isNotEmpty() }
        val opening = CameraRecord.openings.single()
        val broken = device.real
        opening.executor.execute { opening.callback.onError(broken, error) }
        idleUntil { failures == 1 }
        assertTrue("$error", device.isClosed)
    }

    @Test
    fun `a camera that does not do as it is told is told`() {
        add("0", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        val refusals = listOf(
            CameraAccessException(CameraAccessException.CAMERA_ERROR),
            IllegalStateException("closed"),
            IllegalArgumentException("Surface was abandoned"),
        )
        for (step in listOf(Step.REQUEST, Step.SESSION, Step.REPEAT)) {
            for (refusal in refusals) {
                failures = 0
                CameraRecord.refuse(step, refusal)
                start()
                idleUntil { failures > 0 }
                assertEquals("$step: $refusal", 1, failures)
            }
        }
        CameraRecord.clear()
        CameraRecord.misconfigured = true
        failures = 0
        start()
        idleUntil { failures == 1 }
        assertEquals(emptyList<CaptureRequest>(), CameraRecord.repeated.toList())
    }

    @Test
    fun `stopping closes camera and pictures, ends the thread, and nothing is told any more`() {
        film()
        val thread = threadOfCamera()
        assertTrue(thread.isAlive)
        camera.stop()
        idleUntil { !thread.isAlive }
        assertTrue(device.isClosed)
        assertTrue(reader.isClosed)
        assertEquals(null, preview.surfaceTextureListener)
        shadowOf(manager).triggerDisconnect()
        settle()
        assertEquals(0, failures)
        camera.stop()
    }

    @Test
    fun `starting anew closes what was open`() {
        film()
        start()
        idleUntil { CameraRecord.repeated.size == 2 }
        idleUntil { CameraRecord.devices.first().isClosed && CameraRecord.readers.first().isClosed }
        assertFalse(CameraRecord.devices.last().isClosed)
        assertFalse(CameraRecord.readers.last().isClosed)
    }

    @Test
    fun `a surface that Android takes away takes its camera along, and the next one gets another`() {
        film()
        val surfaces = checkNotNull(preview.surfaceTextureListener)
        surfaces.onSurfaceTextureDestroyed(texture)
        idleUntil { device.isClosed && reader.isClosed }
        surfaces.onSurfaceTextureAvailable(texture, preview.width, preview.height)
        idleUntil { CameraRecord.repeated.size == 2 }
        assertFalse(CameraRecord.devices.last().isClosed)
        idle()
        assertEquals("nobody is told of what mended itself", 0, failures)
    }

    @Test
    fun `a camera that opens only when its screen has gone is closed`() {
        add("0", LENS_FACING_BACK)
        preview.setSurfaceTexture(texture)
        var open: (() -> Unit)? = null
        CameraRecord.hold = { open = it }
        start()
        val thread = threadOfCamera()
        camera.stop()
        idleUntil { !thread.isAlive }
        assertEquals(emptyList<RecordingDevice>(), CameraRecord.devices.toList())
        checkNotNull(open).invoke()
        assertTrue(device.isClosed)
        assertEquals("nothing is filmed", 0, CameraRecord.sessions.size)
        idle()
        assertEquals(0, failures)
    }
}
