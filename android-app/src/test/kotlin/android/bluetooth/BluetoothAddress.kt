package android.bluetooth

/**
 * Robolectric 4.17's shadows name this class, which only Android 16 has: without it BluetoothDevice cannot be
 * initialised on Android 14.
 */
internal class `BluetoothDevice$BluetoothAddress`
