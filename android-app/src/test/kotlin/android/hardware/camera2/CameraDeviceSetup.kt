package android.hardware.camera2

/**
 * Robolectric 4.17's shadows name this class, which only Android 15 has: without it no camera can be opened on
 * Android 14.
 */
internal class `CameraDevice$CameraDeviceSetup`
